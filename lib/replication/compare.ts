// Anti-entropy: finds the keys in which two nodes differ, from coarse to fine, and says what mends each. Only what
// differs is listed. The tree of hashes is that of Merkle as Dynamo uses it (DeCandia et al., 2007), two levels deep.
import type { Clock } from '../clock.ts';
import { ALL_GROUPS, BUCKETS_PER_GROUP, bucketAt } from '../digest.ts';
import { inParallel } from '../in-parallel.ts';
import { compareStamps } from '../record.ts';
import type { Entry, EntryHead, Store } from '../store/store.ts';
import { type Contact, heard } from './contact.ts';
import type { KeyStamp, Peer } from './peer.ts';

/** What to do about keys that differ. */
export interface Difference {
  /** The first of the groups of buckets that were looked at. */
  readonly group: number;
  /** Newer here, or not there at all, although the replica once acknowledged it. */
  readonly push: Entry[];
  /** Newer there, or not here at all. */
  readonly pull: string[];
  /** Dead there for longer than the retention, and forgotten here. */
  readonly drop: KeyStamp[];
}

export interface Comparison {
  bucketsCompared: number;
  bucketsDiffering: number;
  /** The id of the node that was compared with. */
  comparedWith?: string;
}

/**
 * So many groups are compared bucket by bucket at a time. An engine that must read its records for that reads a
 * sixteenth of them, which are its shards: see lib/store/dynamodb/table.ts.
 */
const GROUPS_AT_A_TIME = 8;
/** So many buckets are listed at a time: with a million keys about 6,000 entries. */
const BUCKETS_AT_A_TIME = 100;
/** Of those that are newer here so many are read at a time: with the largest values 25 MiB. */
const ENTRIES_AT_A_TIME = 100;

export interface ComparisonParts {
  readonly store: Store;
  readonly peer: Peer;
  readonly clock: Clock;
  readonly contact: Contact;
  /** This primary's epoch; absent while it recovers. */
  readonly epoch?: number;
  /** A record that has been dead for so long (milliseconds) is forgotten. */
  readonly retentionMs: number;
}

/**
 * The differences, some buckets at a time, from group `contact.compareFrom` on; what is mended meanwhile is not found
 * again.
 * @param progress counts along
 * @throws PeerError
 */
export async function* differences(parts: ComparisonParts, progress: Comparison): AsyncGenerator<Difference> {
  const groups = await differingGroups(parts, progress);
  for (const some of together(groups)) {
    const buckets = await differingBuckets(parts, some);
    progress.bucketsDiffering += buckets.length;
    for (let i = 0; i < buckets.length; i += BUCKETS_AT_A_TIME) {
      yield* differencesIn(parts, some[0] as number, buckets.slice(i, i + BUCKETS_AT_A_TIME));
    }
    if (buckets.length === 0) yield { group: some[0] as number, push: [], pull: [], drop: [] };
  }
}

/** Where a node does not keep the sums of its groups, any of them may differ. */
async function differingGroups(
  { store, peer, clock, contact, epoch }: ComparisonParts,
  progress: Comparison,
): Promise<number[]> {
  const top = await peer.digest({ ...(epoch !== undefined && { epoch }) });
  heard(contact, top.id, clock.now());
  progress.comparedWith = top.id;
  if (epoch === undefined) await store.raiseEpoch(top.highestEpoch);
  const from = contact.compareFrom;
  progress.bucketsCompared += (ALL_GROUPS.length - from) * BUCKETS_PER_GROUP;
  const sums = await store.groupSums();
  return ALL_GROUPS.slice(from).filter((group) => sums === undefined || sums[group] !== top.sums[group]);
}

/** Groups that one engine's shard holds go together. */
function together(groups: readonly number[]): number[][] {
  const shards = Map.groupBy(groups, (group) => Math.floor(group / GROUPS_AT_A_TIME));
  return [...shards.values()];
}

async function differingBuckets({ store, peer, epoch }: ComparisonParts, groups: number[]): Promise<number[]> {
  const question = { groups, ...(epoch !== undefined && { epoch }) };
  const [theirs, ours] = await Promise.all([peer.digest(question), store.digests(groups)]);
  return [...ours.keys()].filter((i) => ours[i] !== theirs.sums[i]).map((i) => bucketAt(groups, i));
}

async function* differencesIn(
  parts: ComparisonParts,
  group: number,
  buckets: readonly number[],
): AsyncGenerator<Difference> {
  const { store, clock, retentionMs } = parts;
  // Ours first: what the replica had acknowledged by then is in its list, or it is lost. What its digest said before
  // proves nothing any more, not even that a bucket is empty.
  const here = await headsHere(store, buckets);
  const there = await stampsThere(parts, buckets);
  const horizon = clock.now() - retentionMs;
  const newer = [...here.values()].filter((ours) => {
    const theirs = there.get(ours.key);
    return theirs ? compareStamps(ours, theirs) > 0 : !isOlder(ours.deadAt, horizon);
  });
  for (let i = 0; i < newer.length; i += ENTRIES_AT_A_TIME) {
    const some = newer.slice(i, i + ENTRIES_AT_A_TIME);
    const push = (await inParallel(some, (ours) => settledEntry(store, ours))).filter((entry) => entry !== undefined);
    yield { group, push, pull: [], drop: [] };
  }
  const pull: string[] = [];
  const drop: KeyStamp[] = [];
  const candidates = [...there.values()].filter((theirs) => {
    const ours = here.get(theirs.key);
    return !ours || compareStamps(ours, theirs) < 0;
  });
  await inParallel(candidates, async (theirs) => {
    const now = await store.get(theirs.key);
    if (now && compareStamps(now.record, theirs) >= 0) return;
    if (!now && isOlder(theirs.deadAt, horizon)) drop.push(theirs);
    else pull.push(theirs.key);
  });
  yield { group, push: [], pull, drop };
}

/**
 * The entry, if the replica had acknowledged it before its side was listed, and the key has not changed since: if it
 * is not there, it was lost. Anything else is under way, or in the backlog.
 */
async function settledEntry(store: Store, before: EntryHead): Promise<Entry | undefined> {
  if (before.status === 'pending' || before.status === 'replication_failed') return undefined;
  const now = await store.get(before.key);
  return now !== undefined && compareStamps(now.record, before) === 0 ? now : undefined;
}

function isOlder(time: number | undefined, horizon: number): boolean {
  return time !== undefined && time < horizon;
}

async function stampsThere(
  { peer, epoch }: ComparisonParts,
  buckets: readonly number[],
): Promise<Map<string, KeyStamp>> {
  const found = new Map<string, KeyStamp>();
  let cursor: string | undefined;
  do {
    const page = await peer.stamps({
      buckets,
      ...(epoch !== undefined && { epoch }),
      ...(cursor !== undefined && { cursor }),
    });
    for (const stamp of page.stamps) found.set(stamp.key, stamp);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

async function headsHere(store: Store, buckets: readonly number[]): Promise<Map<string, EntryHead>> {
  const found = new Map<string, EntryHead>();
  let cursor: string | undefined;
  do {
    const page = await store.headsIn(buckets, cursor);
    for (const head of page.heads) found.set(head.key, head);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
