// Asks whoever sits at the terminal before something that cannot be undone.
import { createInterface } from 'node:readline/promises';
import { CommandFailed, EXIT } from './failure.ts';

/** Asks nobody where no terminal is: a script has decided already. @throws CommandFailed unless the answer is yes */
export async function confirm(question: string, isYes: boolean): Promise<void> {
  if (isYes || !process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed(EXIT.unmet, 'declined', 'Nothing was done.');
  } finally {
    terminal.close();
  }
}
