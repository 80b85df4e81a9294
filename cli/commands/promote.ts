// `tandem promote`: the other node takes the lead.
import { type Command, Option } from 'commander';
import type { NodeName, Promoted } from '../../client/client.ts';
import { confirm } from '../ask.ts';
import { connect, LONG_PATIENCE_SECONDS } from '../connect.ts';
import { usageError } from '../failure.ts';
import { examples } from '../help.ts';
import { printOne } from '../print.ts';
import { isForPeople, type Settings, settingsOf } from '../settings.ts';
import { statusesOf } from './status.ts';

interface PromoteOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly node?: NodeName;
}

export function addPromote(program: Command): void {
  const command = program
    .command('promote')
    .summary('have the other node lead')
    .description(
      'Has the node lead that does not lead now. As planned, nothing is lost, and both nodes must answer. With --force it leads at once, without the primary: writes that only that one has may be lost, or become divergent.',
    )
    .option('--force', 'without the primary: a failover')
    .option('--yes', 'do not ask on a terminal')
    .addOption(
      new Option('--node <node>', 'the node that is to lead: that of --primary or that of --replica').choices([
        'primary',
        'replica',
      ] satisfies NodeName[]),
    )
    .action(promote);
  examples(command, 'tandem promote', 'tandem promote --force --yes', 'tandem promote --node primary');
}

async function promote({ force = false, yes = false, node }: PromoteOptions, command: Command): Promise<void> {
  const settings = settingsOf(command);
  const next = node ?? (await nodeThatFollows(settings, force));
  const url = settings[next];
  const risk = force
    ? 'at once, without the primary: what only that one has may be lost'
    : 'as planned, and nothing is lost';
  await confirm(`${url} takes the lead, ${risk}. Go on?`, yes);
  const promoted = await connect(settings, { patience: LONG_PATIENCE_SECONDS }).promote({ node: next, force });
  await printOne({ ...promoted, url }, sentence(promoted, url), isForPeople(settings));
}

/** The one node that does not lead; with `force` also a primary that cannot serve alone. @throws CommandFailed */
async function nodeThatFollows(settings: Settings, force: boolean): Promise<NodeName> {
  const seen = await statusesOf(settings);
  const following = seen.filter((node) => 'role' in node && node.role === 'replica');
  const recovering = seen.filter((node) => 'state' in node && node.state === 'recovering');
  const candidates = following.length === 0 && force ? recovering : following;
  const [candidate] = candidates;
  if (candidate !== undefined && candidates.length === 1) return candidate.node;
  const told = seen.map((node) => `${node.url} ${'role' in node ? `is a ${node.role}` : 'does not answer'}`);
  throw usageError(`It is not clear which node is to lead: ${told.join(', ')}. Say it with --node.`);
}

function sentence({ mode, epoch, durationMs, atRisk }: Promoted, url: string): string {
  if (mode === 'none') return `${url} led already.`;
  const risk =
    atRisk === 0
      ? 'No write is at risk'
      : `${atRisk ?? 'An unknown number of'} writes are at risk: see tandem divergent list once both nodes are in sync`;
  return `${url} leads since ${durationMs} ms after it was asked (${mode}, epoch ${epoch}). ${risk}.`;
}
