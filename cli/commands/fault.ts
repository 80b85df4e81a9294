// `tandem fault`: failures on purpose.
import { Argument, type Command, Option } from 'commander';
import type { ActiveFault, FaultKind, NodeName } from '../../client/client.ts';
import { connect, nodesOf } from '../connect.ts';
import { CommandFailed, EXIT } from '../failure.ts';
import { examples } from '../help.ts';
import { type Column, printAll, printOne } from '../print.ts';
import { isForPeople, positive, settingsOf, wholeNumber } from '../settings.ts';

interface AddOptions {
  readonly node: NodeName;
  readonly keyPrefix?: string;
  readonly probability?: number;
  readonly count?: number;
  readonly delayMs?: number;
  readonly ttl?: number;
}
interface NodeOptions {
  readonly node?: NodeName;
}
type Shown = ActiveFault & { readonly node: NodeName };

const KINDS: readonly FaultKind[] = ['error', 'delay', 'drop_request', 'drop_reply', 'duplicate'];
const NODES: readonly NodeName[] = ['primary', 'replica'];

const COLUMNS: readonly Column<Shown>[] = [
  { title: 'node', of: ({ node }) => node },
  { title: 'id', of: ({ id }) => id },
  { title: 'kind', of: ({ kind, delayMs }) => (kind === 'delay' ? `delay ${delayMs} ms` : kind) },
  { title: 'keys', of: ({ keyPrefix }) => (keyPrefix === '' ? 'all' : `${keyPrefix}…`) },
  { title: 'probability', of: ({ probability }) => probability },
  { title: 'times', of: ({ count }) => count ?? 'any' },
  { title: 'until', of: ({ expiresAt }) => expiresAt },
];

export function addFault(program: Command): void {
  const command = program
    .command('fault')
    .summary('failures on purpose')
    .description(
      'Switches failures on and off, on nodes that allow it: at the replica for what arrives, at the primary for what it sends.',
    );
  examples(command, 'tandem fault add drop_request', 'tandem fault list', 'tandem fault clear');
  addListing(command);
  addAdding(command);
  addClearing(command);
}

function nodeOption(what: string): Option {
  return new Option('--node <node>', `${what}: that of --primary or that of --replica`).choices(NODES);
}

function addListing(fault: Command): void {
  const command = fault
    .command('list')
    .description('Lists what is switched on, on both nodes or on one.')
    .addOption(nodeOption('only the faults of this node'))
    .action(async ({ node }: NodeOptions, command: Command) => {
      const settings = settingsOf(command);
      const client = connect(settings);
      const shown: Shown[] = [];
      for (const each of node === undefined ? nodesOf(settings) : [node]) {
        const { faults } = await client.faults(each).list();
        shown.push(...faults.map((fault) => ({ node: each, ...fault })));
      }
      const count = await printAll(shown, COLUMNS, isForPeople(settings));
      if (count === 0) console.error('No fault is switched on.');
    });
  examples(command, 'tandem fault list', 'tandem fault list --node replica --json');
}

function addAdding(fault: Command): void {
  const command = fault
    .command('add')
    .description('Switches one on, and prints its id.')
    .addArgument(new Argument('<kind>').choices(KINDS))
    .addOption(nodeOption('where').default('replica' satisfies NodeName))
    .option('--key-prefix <text>', 'only for keys that begin so')
    .option('--probability <number>', 'above 0 and up to 1', positive)
    .option('--count <times>', 'how often it acts at most', wholeNumber)
    .option('--delay-ms <ms>', 'how long a delay takes', wholeNumber)
    .option('--ttl <seconds>', 'when it is switched off by itself; 60 unless given', wholeNumber)
    .action(async (kind: FaultKind, { node, ...options }: AddOptions, command: Command) => {
      const settings = settingsOf(command);
      const added = await connect(settings)
        .faults(node)
        .add({ kind, ...options });
      await printOne(
        { node, ...added },
        `${added.kind} is on at the ${node} until ${added.expiresAt}: ${added.id}.`,
        isForPeople(settings),
      );
    });
  examples(
    command,
    'tandem fault add drop_request --ttl 300',
    'tandem fault add delay --delay-ms 500 --key-prefix user/',
  );
}

function addClearing(fault: Command): void {
  const command = fault
    .command('clear')
    .description('Switches one off, or all of them, on both nodes or on one. Exits with 1 where no fault has that id.')
    .argument('[id]')
    .addOption(nodeOption('only at this node'))
    .action(async (id: string | undefined, { node }: NodeOptions, command: Command) => {
      const settings = settingsOf(command);
      const client = connect(settings);
      const nodes = node === undefined ? nodesOf(settings) : [node];
      let isCleared = id === undefined;
      for (const each of nodes) {
        if (id === undefined) await client.faults(each).clear();
        else if (await client.faults(each).remove(id)) isCleared = true;
      }
      if (!isCleared) throw new CommandFailed(EXIT.unmet, 'key_not_found', `No fault with the id '${id}' is on.`);
      await printOne(
        { cleared: id ?? 'all', nodes },
        id === undefined ? 'No fault is on.' : 'It is off.',
        isForPeople(settings),
      );
    });
  examples(command, 'tandem fault clear', 'tandem fault clear --node replica');
}
