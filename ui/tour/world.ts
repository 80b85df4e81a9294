// What the tour knows of the pair: made of what the console has seen, and of nothing else.
import type { NamedOutcome, NamedRecord } from '../../lib/telemetry/events.ts';
import { type Lead, leadAfter } from '../nodes/pair.ts';
import { isOther, isTold, withContents } from '../recording/look.ts';
import { type Look, type NodeName, type Observation, otherNode, type ProcessState } from '../recording/observation.ts';
import { NO_PAGE_FACTS, type PageFacts } from './page-facts.ts';

/** Keys whose last write is remembered. */
export const MAX_KNOWN = 40;

/** What the tour is made of: an observation, or the page is another one. */
export type Fact = Observation | { readonly at: number; readonly what: 'page'; readonly page: PageFacts };

export interface NodeFacts {
  /** Absent: it has not been looked at. */
  readonly look?: Look;
  /** Of its process, where there is a launcher. */
  readonly process: ProcessState | null;
  readonly isTelling: boolean;
  readonly circuit: 'closed' | 'open' | 'half_open';
}

/** The last write of a key, as far as it was seen. */
export interface KnownRecord {
  readonly key: string;
  /** Absent: only its answer was seen. */
  readonly epoch?: number;
  readonly version?: number;
  readonly deleted: boolean;
  /** When that was last told of, in milliseconds. */
  readonly at: number;
  /** The node that took it. */
  readonly on: NodeName;
  /** `waits`: it is not on the other node. `refused`: the other node has refused it. */
  readonly copy: 'copied' | 'waits' | 'refused';
}

export interface World {
  readonly at: number;
  readonly nodes: Readonly<Record<NodeName, NodeFacts>>;
  readonly lead: Lead;
  /** The oldest write first. */
  readonly records: readonly KnownRecord[];
  readonly page: PageFacts;
}

const NOT_SEEN: NodeFacts = { process: null, isTelling: false, circuit: 'closed' };

export const NO_WORLD: World = {
  at: 0,
  nodes: { a: NOT_SEEN, b: NOT_SEEN },
  lead: { leader: 'a', lead: 'one' },
  records: [],
  page: NO_PAGE_FACTS,
};

/** @returns the world after the fact. The world before is not changed. */
export function worldAfter(before: World, fact: Fact): World {
  const world = { ...before, at: Math.max(before.at, fact.at) };
  switch (fact.what) {
    case 'page':
      return { ...world, page: fact.page };
    case 'look':
      return afterLook(world, fact);
    case 'process':
      return withNode(world, fact.node, { process: fact.state });
    case 'telling':
      return withNode(world, fact.node, { isTelling: fact.isTelling });
    case 'event':
      return afterEvent(world, fact);
    case 'client':
      return afterAnswer(world, fact);
    default:
      return world;
  }
}

function withNode(world: World, node: NodeName, change: Partial<NodeFacts>): World {
  return { ...world, nodes: { ...world.nodes, [node]: { ...world.nodes[node], ...change } } };
}

function afterLook(before: World, { node, look, at, askedAt = at }: Extract<Fact, { what: 'look' }>): World {
  const seen = withNode(before, node, {
    look: withContents(look, before.nodes[node].look),
    ...(look.circuit && { circuit: look.circuit }),
  });
  const lead = leadAfter(before.lead, { a: roleSeen(seen.nodes.a), b: roleSeen(seen.nodes.b) });
  // In memory another process holds other contents: what the former one had is to be copied again.
  const hasOthers = isOther(look, before.nodes[node].look);
  const world = { ...seen, lead, ...(hasOthers && { records: withoutContents(before.records, node) }) };
  // Nothing waits: what was seen to wait has arrived without this page being told. Of later writes the look does not know.
  const isCaughtUp = node === lead.leader && look.inSync === true && look.backlog === 0;
  const isArrived = (record: KnownRecord) => isCaughtUp && record.copy !== 'copied' && record.at < askedAt;
  if (!world.records.some(isArrived)) return world;
  return { ...world, records: world.records.map((each) => (isArrived(each) ? { ...each, copy: 'copied' } : each)) };
}

/** What only the former contents of a node had is gone with them. */
const withoutContents = (records: readonly KnownRecord[], node: NodeName): readonly KnownRecord[] =>
  records.filter(({ on, copy }) => on !== node || copy === 'copied').map(uncopied);

const uncopied = (record: KnownRecord): KnownRecord =>
  record.copy === 'copied' ? { ...record, copy: 'waits' } : record;

const roleSeen = ({ look }: NodeFacts) => ({
  isAnswering: look !== undefined && isTold(look),
  state: look?.state,
  role: look?.role,
  epoch: look?.epoch,
});

function afterEvent(before: World, fact: Extract<Fact, { what: 'event' }>): World {
  const { node, event } = fact;
  const world = before.nodes[node].isTelling ? before : withNode(before, node, { isTelling: true });
  if (event.kind === 'circuit') return withNode(world, node, { circuit: event.state });
  if (event.kind === 'started') return withNode(world, node, { circuit: 'closed' });
  const written = writtenIn(fact);
  if (written)
    return withRecord(world, { ...written, at: fact.at, on: node, deleted: written.deleted === true, copy: 'waits' });
  return answeredIn(fact).reduce((next, outcome) => withOutcome(next, outcome, fact.at), world);
}

/** Without events, the answer to a write tells whether it is on both nodes. */
function afterAnswer(world: World, fact: Fact): World {
  const missed = missedIn(fact);
  if (missed !== undefined) return { ...world, records: world.records.filter(({ key }) => key !== missed) };
  const taken = takenByClient(fact);
  if (!taken || world.nodes[taken.on].isTelling) return world;
  const { key, on, isCopied } = taken;
  return withRecord(world, { key, at: fact.at, on, deleted: false, copy: isCopied ? 'copied' : 'waits' });
}

function withRecord(world: World, record: KnownRecord): World {
  const others = world.records.filter(({ key }) => key !== record.key);
  return { ...world, records: [...others, record].slice(-MAX_KNOWN) };
}

function withOutcome(world: World, outcome: NamedOutcome, at: number): World {
  const index = world.records.findIndex((record) => isSame(record, outcome));
  const record = world.records[index];
  const copy = outcome.outcome === 'failed' ? 'refused' : 'copied';
  if (record)
    return record.copy === copy ? world : { ...world, records: world.records.with(index, { ...record, at, copy }) };
  // What is refused is what the key is now: it was written before this page was there, or taken over.
  if (copy === 'copied') return world;
  const { key, epoch, version, deleted } = outcome;
  return withRecord(world, { key, epoch, version, at, deleted: deleted === true, on: world.lead.leader, copy });
}

export const isSame = (
  one: { readonly key: string; readonly epoch?: number; readonly version?: number },
  other: { readonly key: string; readonly epoch?: number; readonly version?: number },
): boolean => one.key === other.key && one.epoch === other.epoch && one.version === other.version;

/** The record that a client has written, if that is what the fact tells. */
export function writtenIn(fact: Fact): NamedRecord | undefined {
  return fact.what === 'event' && fact.event.kind === 'written' && !fact.event.divergent ? fact.event : undefined;
}

/** What became of records, as the answer of the replica told its primary. */
export function answeredIn(fact: Fact): readonly NamedOutcome[] {
  if (fact.what !== 'event' || fact.event.kind !== 'answered') return [];
  return fact.event.records.filter(({ divergent }) => !divergent);
}

/** A write of this page that was taken, as its answer tells. 200 and 201: it is on both nodes. */
export function takenByClient(fact: Fact): { key: string; on: NodeName; isCopied: boolean } | undefined {
  if (fact.what !== 'client') return undefined;
  const { method, key, status = 0, to } = fact.exchange;
  if (method !== 'PUT' || key === undefined || ![200, 201, 202].includes(status)) return undefined;
  return { key, on: to, isCopied: status !== 202 };
}

/** The key that was read on a node by this page, and found. */
export function readIn(fact: Fact): { key: string; on: NodeName } | undefined {
  if (fact.what !== 'client') return undefined;
  const { method, key, status, to, path } = fact.exchange;
  return method === 'GET' && status === 200 && key !== undefined && path.startsWith('/key/')
    ? { key, on: to }
    : undefined;
}

/** The key that a node does not hold, as its answer to this page tells. */
export function missedIn(fact: Fact): string | undefined {
  return fact.what === 'client' && fact.exchange.status === 404 ? fact.exchange.key : undefined;
}

/** A write at a node, told by the node or, where it tells nothing, by the answer that this page has got. */
export function writeIn(fact: Fact, world: World): { key: string; on: NodeName } | undefined {
  const written = writtenIn(fact);
  if (written && fact.what === 'event') return { key: written.key, on: fact.node };
  const taken = takenByClient(fact);
  return taken && !world.nodes[taken.on].isTelling ? taken : undefined;
}

export const leaderOf = ({ lead }: World): NodeName => lead.leader;
export const followerOf = ({ lead }: World): NodeName => otherNode(lead.leader);

/** What the node that leads last said of the pair; `undefined`: it does not answer. */
export function leadersLook(world: World): Look | undefined {
  const { look } = world.nodes[leaderOf(world)];
  return look && isTold(look) && look.role === 'primary' ? look : undefined;
}

/** It serves, as the last look says, and its process as the launcher says. */
export function isServing({ nodes, page }: World, node: NodeName): boolean {
  const { look, process } = nodes[node];
  return look?.state === 'up' && (!page.hasLauncher || process === null || process === 'running');
}

/** It answers nothing, and where the launcher tells of its process, that has ended. */
export function isDown({ nodes, page }: World, node: NodeName): boolean {
  const { look, process } = nodes[node];
  return look?.state === 'down' && (!page.hasLauncher || process === null || process === 'stopped');
}

export const isFrozen = ({ nodes, page }: World, node: NodeName): boolean =>
  page.hasLauncher && nodes[node].process === 'frozen';

export const isLeading = (world: World, node: NodeName): boolean =>
  isServing(world, node) && world.nodes[node].look?.role === 'primary';
export const isFollowing = (world: World, node: NodeName): boolean =>
  isServing(world, node) && world.nodes[node].look?.role === 'replica';

/** Everything of the primary is on the replica, as the primary itself has compared and says. */
export function isInSync(world: World): boolean {
  const look = leadersLook(world);
  return look?.inSync === true && look.backlog === 0;
}

/** The kinds of faults that are on, at either node. */
export const faultsOn = ({ page }: World): readonly string[] =>
  [...(page.faults.a ?? []), ...(page.faults.b ?? [])].map(({ kind }) => kind);

/** Whether nothing that the node sends as primary, or gets as replica, comes through. */
export const isCutAt = ({ page }: World, node: NodeName): boolean =>
  page.faults[node]?.some(
    ({ kind, keyPrefix, probability }) => kind === 'drop_request' && keyPrefix === '' && probability === 1,
  ) === true;

/** Whether nothing gets from one node to the other, whoever leads. */
export const isCut = (world: World): boolean => isCutAt(world, 'a') && isCutAt(world, 'b');
