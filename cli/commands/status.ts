// `tandem status`: what became of the latest write of a key; or how both nodes are.
import type { Command } from 'commander';
import { isTandemError, type KeyStatus, type NodeName, type NodeStatus } from '../../client/client.ts';
import { connect, nodesOf } from '../connect.ts';
import { EXIT, noSuchKey } from '../failure.ts';
import { examples } from '../help.ts';
import { type Column, printAll, printOne } from '../print.ts';
import { isForPeople, type Settings, settingsOf } from '../settings.ts';

export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .summary('how both nodes are, or whether a key has been copied')
    .description(
      'Without a key: how both nodes are; exits with 3 if one does not answer, and with 1 if they are not in sync. With a key: what became of its latest write; exits with 1 if it was never written.',
    )
    .argument('[key]')
    .action(async (key: string | undefined, _options: object, command: Command) => {
      const settings = settingsOf(command);
      await (key === undefined ? printNodes(settings) : printKey(key, settings));
    });
  examples(command, 'tandem status', 'tandem status user/ada', 'until tandem status > /dev/null; do sleep 1; done');
}

async function printKey(key: string, settings: Settings): Promise<void> {
  const status = await connect(settings).status(key);
  if (status === undefined) throw noSuchKey(key);
  await printOne(status, keySentence(status), isForPeople(settings));
}

function keySentence({
  key,
  version,
  status,
  updatedAt,
  deleted,
  lagMs,
  nextAttemptAt,
  error,
  attempts = [],
}: KeyStatus): string {
  const facts = [
    `${key} is at version ${version}, ${deleted ? 'deleted' : 'written'} at ${updatedAt}: ${status}${lagMs === undefined ? '' : ` after ${lagMs} ms`}.`,
    ...(error === undefined ? [] : [error]),
    ...attempts.map(
      ({ at, outcome, durationMs, error: why }) =>
        `  ${at}  ${outcome} in ${durationMs} ms${why === undefined ? '' : `: ${why}`}`,
    ),
    ...(nextAttemptAt === undefined ? [] : [`  ${nextAttemptAt}  is the next attempt`]),
  ];
  return facts.join('\n');
}

interface Silent {
  readonly error: string;
}
/** The status of a node, under the name that its address has here. */
type Seen = { readonly node: NodeName; readonly url: string } & (NodeStatus | Silent);
/** What only some kinds of status have. */
interface Part {
  readonly role?: string;
  readonly state?: string;
  readonly keys?: number;
  readonly store?: string;
  readonly backlog?: { readonly count: number; readonly isAtLeast?: true };
  readonly inSync?: boolean;
  readonly divergent?: number;
  readonly error?: string;
  readonly replica?: { readonly error: string | null };
  readonly primary?: { readonly error: string | null };
}

const COLUMNS: readonly Column<Seen>[] = [
  { title: 'node', of: ({ url }) => url },
  { title: 'role', of: ({ role }: Part) => role ?? 'no answer' },
  { title: 'state', of: ({ state }: Part) => state },
  { title: 'store', of: ({ store }: Part) => store },
  { title: 'keys', of: ({ keys }: Part) => keys },
  { title: 'backlog', of: ({ backlog }: Part) => backlog && `${backlog.count}${backlog.isAtLeast ? '+' : ''}` },
  { title: 'in sync', of: ({ inSync }: Part) => (inSync === undefined ? '' : inSync ? 'yes' : 'no') },
  { title: 'divergent', of: ({ divergent }: Part) => divergent },
  { title: 'error', of: ({ error, replica, primary }: Part) => error ?? replica?.error ?? primary?.error ?? '' },
];

async function printNodes(settings: Settings): Promise<void> {
  const nodes = await statusesOf(settings);
  await printAll(nodes, COLUMNS, isForPeople(settings));
  if (nodes.some((node) => !('role' in node))) process.exitCode = EXIT.unavailable;
  else if (!nodes.some((node) => 'inSync' in node && node.inSync)) process.exitCode = EXIT.unmet;
}

/** Each is asked once. @throws TandemError where a node refuses to tell */
export function statusesOf(settings: Settings): Promise<Seen[]> {
  const client = connect(settings, { isImpatient: true });
  return Promise.all(
    nodesOf(settings).map(async (node): Promise<Seen> => {
      const seen = { node, url: settings[node] };
      try {
        return { ...seen, ...(await client.nodeStatus({ node })) };
      } catch (error) {
        if (!isTandemError(error, 'unreachable')) throw error;
        return { ...seen, error: error.message };
      }
    }),
  );
}
