// `tandem start`, `serve`, `drill` and `bench`: what `npm start`, and `npm run` with these names, run.
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { usageError } from '../failure.ts';
import { examples } from '../help.ts';
import { type Settings, settingsOf } from '../settings.ts';

type Name = 'start' | 'serve' | 'drill' | 'bench';

/** The files that they are in. The package has not all of them. */
export type Scripts = Readonly<Partial<Record<Name, string>>>;

interface Script {
  readonly name: Name;
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly string[];
}

const SCRIPTS: readonly Script[] = [
  {
    name: 'start',
    summary: 'start both nodes and the console here',
    description:
      'Starts both nodes and the console, or the parts that are named: primary, replica, console, dynamodb. With --fast they run without the Lambda emulator. Ctrl-C stops them.',
    examples: ['tandem start', 'tandem start --fast', 'tandem start replica'],
  },
  {
    name: 'serve',
    summary: 'run one node, on a machine of your own',
    description:
      'Runs one node without the emulator: --role, --port, --peer, --host, --store, --data and more, as docs/serve.md says.',
    examples: [
      'tandem serve --role primary --port 5000 --peer http://other:5001',
      'tandem serve --role replica --store memory',
    ],
  },
  {
    name: 'drill',
    summary: 'rehearse a failover',
    description:
      'Rehearses a failover with a pair of its own, and accounts for every write; with --primary and --replica on the command line a switchover and back of these nodes.',
    examples: ['tandem drill', 'tandem drill --primary http://a:5000 --replica http://b:5001'],
  },
  {
    name: 'bench',
    summary: 'measure',
    description: 'Measures everything, or what is named.',
    examples: ['tandem bench', 'tandem bench http scale'],
  },
];

export function addScripts(program: Command, scripts: Scripts): void {
  for (const script of SCRIPTS) {
    const command = program
      .command(script.name)
      .summary(script.summary)
      .description(script.description)
      .argument('[arguments...]')
      .allowUnknownOption()
      .action((args: readonly string[], _options: object, command: Command) => {
        return run(script.name, scripts[script.name], args, command);
      });
    examples(command, ...script.examples);
  }
}

/** In this process: what it is told to stop with, such as Ctrl-C, reaches it. It reads its arguments from the command line. */
async function run(name: Name, path: string | undefined, args: readonly string[], command: Command): Promise<void> {
  if (path === undefined) throw usageError(`tandem ${name} is in the repository of Tandem, and not in this package.`);
  const given = name === 'drill' ? addressesOf(command) : [];
  process.argv.splice(1, process.argv.length, path, ...args, ...given);
  await import(pathToFileURL(path).href);
}

/** Only those that the command line names: a drill on the nodes of the environment would surprise. */
function addressesOf(command: Command): string[] {
  const { primary, replica, token } = settingsOf(command) satisfies Settings;
  if (token !== undefined) process.env.WRITE_TOKEN ||= token;
  const isGiven = (name: string) => command.getOptionValueSourceWithGlobals(name) === 'cli';
  return [...(isGiven('primary') ? ['--primary', primary] : []), ...(isGiven('replica') ? ['--replica', replica] : [])];
}
