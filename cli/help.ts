// What stands below the options of a command's help.
import type { Command } from 'commander';

/** @param lines commands, and comments that begin with # */
export function examples(command: Command, ...lines: string[]): void {
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

export const EXIT_CODES = `
Exit codes:
  0  done
  1  there is no such key, or a condition is not met
  2  wrong usage, or a node refuses what was sent
  3  no node answered in time, or none that could do it
  4  not authorised: another token is needed
  5  something else went wrong here, such as a file that cannot be written`;
