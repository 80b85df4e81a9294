// `npm run drill`: a failover, rehearsed. It starts a pair, writes, cuts the link, writes on to the primary that is cut off,
// has the replica lead, writes there, joins the link again, and prints what became of every write. Then it changes the roles
// back, as planned, under load. `npm run drill -- --primary URL --replica URL`: against nodes that run already, a switchover
// and back; the environment has their WRITE_TOKEN.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { accountOf, idOf, type WriteId } from './drill/account.ts';
import { Load } from './drill/load.ts';
import { startLocalPair } from './drill/local-pair.ts';
import { DrillNode } from './drill/node.ts';

const KEYS = Array.from({ length: 16 }, (_, i) => `drill/${i + 1}`);
/** How many of the keys are written on both sides while the link is cut: their losers are divergent. */
const CONTENDED = 5;
/** How long the nodes may take to be in sync again, in milliseconds: a repair comes each minute. */
const HEAL_LIMIT_MS = 90_000;

/** For the operator: told without a stack trace. */
class DrillError extends Error {}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { primary: { type: 'string' }, replica: { type: 'string' } } });
  if (values.primary !== undefined && values.replica !== undefined)
    return rehearseSwitchover(values.primary, values.replica);
  if (values.primary !== undefined || values.replica !== undefined)
    throw new DrillError('Give both --primary and --replica, or neither.');
  await rehearseFailover();
}

async function rehearseFailover(): Promise<void> {
  const pair = await startLocalPair();
  try {
    const { a, b } = pair;
    const load = new Load([a, b], KEYS);
    await load.write(10);
    tell(`A leads. ${load.replaced.size} writes were acknowledged.`);
    await pair.cut();
    const cutOff = new Load([a], KEYS.slice(0, CONTENDED + 3));
    await cutOff.write(3, a);
    tell(`The link is cut. A took ${cutOff.replaced.size} more writes, which B has not got.`);
    const promotedAt = performance.now();
    const { body: promotion } = succeeded(await b.promote(true), 'the failover');
    const tookMs = performance.now() - promotedAt;
    tell(`B took the lead without A in ${ms(tookMs)}. It knew of ${promotion.atRisk ?? 'no'} writes at risk.`);
    const since = new Load([b], [...KEYS.slice(0, CONTENDED), ...KEYS.slice(CONTENDED + 3)]);
    await since.write(3, b);
    tell(`B took ${since.replaced.size} writes. The link is joined again.`);
    const joinedAt = performance.now();
    await pair.join();
    await untilInSync(b, a);
    tell(
      `A is the replica of B now. Both held the same ${ms(performance.now() - joinedAt)} after the link was joined.`,
    );
    const replaced = new Map([load, cutOff, since].flatMap((each) => [...each.replaced]));
    await printAccount(replaced, [a, b]);
    await switchOver(b, a);
  } finally {
    await pair.stop();
  }
}

async function rehearseSwitchover(primaryUrl: string, replicaUrl: string): Promise<void> {
  const token = process.env.WRITE_TOKEN || undefined;
  const [primary, replica] = [new DrillNode(primaryUrl, token), new DrillNode(replicaUrl, token)];
  const { body } = succeeded(await replica.status(), `the status of ${replicaUrl}`);
  if (body.role !== 'replica')
    throw new DrillError(`${replicaUrl} is the ${body.role}: name the nodes as they are now.`);
  await switchOver(primary, replica);
  await switchOver(replica, primary);
}

/** Gives the lead from one node to the other while clients write, and says how long they were refused. */
async function switchOver(from: DrillNode, to: DrillNode): Promise<void> {
  const load = new Load([from, to], KEYS);
  await load.write(1);
  const promoted = to.promote(false);
  await load.writeUntil(promoted);
  const { body } = succeeded(await promoted, 'the switchover');
  tell(
    `A switchover to ${to.url} took ${ms(Number(body.durationMs))}; ${load.replaced.size} writes of ${KEYS.length} clients meanwhile, refused for ${ms(load.longestRefusalMs)} at most.`,
  );
  await untilInSync(to, from);
}

async function untilInSync(primary: DrillNode, replica: DrillNode): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < HEAL_LIMIT_MS; await sleep(50)) {
    const [{ body: leading }, { body: following }] = await Promise.all([primary.status(), replica.status()]);
    if (leading.inSync === true && following.role === 'replica') return;
  }
  throw new DrillError(`The nodes are not in sync ${HEAL_LIMIT_MS / 1000} s after the last fault.`);
}

async function printAccount(
  replaced: ReadonlyMap<WriteId, WriteId | undefined>,
  nodes: readonly [DrillNode, DrillNode],
): Promise<void> {
  const [heldA, heldB] = await Promise.all(nodes.map(heldBy));
  const [listedA, listedB] = await Promise.all(nodes.map(listedBy));
  const held = both(heldA, heldB);
  const { acknowledged, current, superseded, divergent, lost } = accountOf(replaced, held, both(listedA, listedB));
  const account = {
    acknowledged,
    current,
    'superseded, having been seen': superseded,
    divergent: `${divergent.length}${divergent.length > 0 ? `: ${divergent.join(', ')}` : ''}`,
    lost: lost.length === 0 ? 'none' : lost.join(', '),
  };
  tell('');
  for (const [what, which] of Object.entries(account)) tell(`${what.padEnd(30)}${which}`);
  tell('');
  if (lost.length > 0) throw new DrillError('Writes were lost.');
}

async function heldBy(node: DrillNode): Promise<Set<WriteId>> {
  const { body } = succeeded(await node.ask('GET', '/keys?prefix=drill/&limit=1000'), 'a list of keys');
  return new Set((body.keys as { key: string; epoch: number; version: number }[]).map(idOf));
}

async function listedBy(node: DrillNode): Promise<Set<WriteId>> {
  const { body } = succeeded(await node.ask('GET', '/divergent?limit=1000'), 'the list of divergent writes');
  return new Set((body.writes as { key: string; epoch: number; version: number }[]).map(idOf));
}

function both(a: ReadonlySet<WriteId> = new Set(), b: ReadonlySet<WriteId> = new Set()): Set<WriteId> {
  return new Set([...a].filter((id) => b.has(id)));
}

function succeeded<R extends Awaited<ReturnType<DrillNode['ask']>>>(reply: R, what: string): R {
  if (reply.status === 200) return reply;
  throw new DrillError(`${what} was answered ${reply.status} ${reply.body.code}: ${reply.body.detail}`);
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}

function tell(line: string): void {
  console.log(line);
}

main().catch((error: Error) => {
  console.error(error instanceof DrillError ? error.message : error);
  process.exitCode = 1;
});
