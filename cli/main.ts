// The command `tandem`. Each command is a file of its own in commands/.
import { Command } from 'commander';
import { addBacklog } from './commands/backlog.ts';
import { addDelete } from './commands/delete.ts';
import { addDivergent } from './commands/divergent.ts';
import { addExport } from './commands/export.ts';
import { addFault } from './commands/fault.ts';
import { addGet } from './commands/get.ts';
import { addImport } from './commands/import.ts';
import { addList } from './commands/list.ts';
import { addPromote } from './commands/promote.ts';
import { addPut } from './commands/put.ts';
import { addRepair } from './commands/repair.ts';
import { addScripts, type Scripts } from './commands/scripts.ts';
import { addStatus } from './commands/status.ts';
import { addWatch } from './commands/watch.ts';
import { tellFailure } from './failure.ts';
import { EXIT_CODES, examples } from './help.ts';
import { addSettings } from './settings.ts';

/** What runs: the repository, or the package that is made of it. */
export interface Installation {
  readonly version: string;
  readonly scripts: Scripts;
}

type Add = (program: Command, installation: Installation) => void;

const GROUPS: ReadonlyArray<readonly [heading: string, commands: readonly Add[]]> = [
  ['Keys:', [addGet, addPut, addDelete, addList, addWatch]],
  ['Copies of all keys:', [addExport, addImport]],
  ['Replication:', [addStatus, addBacklog, addRepair, addPromote, addDivergent, addFault]],
  ['Nodes of your own:', [(program, { scripts }) => addScripts(program, scripts)]],
];

/** Sets the exit code, and returns once all is printed. */
export async function main(args: readonly string[], installation: Installation): Promise<void> {
  // Whoever reads has read enough, such as `head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await programOf(installation).parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = tellFailure(error, args.includes('--json'));
  }
}

export function programOf(installation: Installation): Command {
  const program = new Command('tandem')
    .description('Asks and operates the two nodes of Tandem, a small replicated key-value store.')
    .version(installation.version)
    .exitOverride()
    // Told with every other failure, and as JSON where that is wanted.
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .helpCommand('help [command]', 'what a command does, and its options');
  addSettings(program);
  for (const [heading, commands] of GROUPS) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, installation);
  }
  program.addHelpText('after', EXIT_CODES);
  examples(program, 'tandem start', 'tandem put greeting --text hello', 'tandem get greeting', 'tandem help put');
  return program;
}
