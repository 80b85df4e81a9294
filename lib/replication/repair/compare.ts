// Anti-entropy: finds the keys in which two nodes differ, from coarse to fine, and says what to do about each. Only what
// differs is listed. The tree of hashes is that of Merkle as Dynamo uses it (DeCandia et al., 2007), two levels deep.
import { ALL_GROUPS, BUCKETS_PER_GROUP, bucketAt } from '../../digest.ts';
import { inParallel } from '../../in-parallel.ts';
import { PeerError } from '../../peer/peer.ts';
import type { DigestAnswer, KeyStamp } from '../../peer/wire.ts';
import { compareStamps } from '../../record.ts';
import type { Entry, EntryHead, Store } from '../../store/store.ts';
import type { Sender } from '../admit.ts';
import type { Deadline, Pair } from '../pair.ts';

/** What to do about keys that differ. */
export interface Difference {
  /** The first of the groups of buckets that were looked at. */
  readonly group: number;
  /** Newer here, or missing there although the replica once acknowledged it. */
  readonly push: Entry[];
  /** Newer there, or missing here. What has been dead there for longer than the retention may have been forgotten here. */
  readonly pull: string[];
}

export interface CompareReport {
  bucketsCompared: number;
  bucketsDiffering: number;
  /** Records that could not be brought over, or that the peer's answer had wrong. */
  failed: number;
}

/** Groups that are compared bucket by bucket at a time: the shard of an engine that must read its records for that. */
const GROUPS_AT_A_TIME = 8;
/** Buckets that are listed at a time: with a million keys about 6,000 entries. */
const BUCKETS_AT_A_TIME = 100;
/** Entries to push that are read at a time: with the largest values 25 MiB. */
const ENTRIES_AT_A_TIME = 100;
/** Limits of one list of stamps, in milliseconds and in stamps: no honest peer comes near them. */
const MAX_LIST_MS = 30_000;
const MAX_LIST = 500_000;

/** Which part of the nodes to compare, and how far. */
export interface Scope extends Deadline {
  /** What each question says of this primary, and of the contents that it is for. */
  readonly sender: Sender;
  /** The group of buckets to start at. */
  readonly from: number;
  /** Push what is in the backlog, too: what former contents acknowledge counts no more. */
  readonly isRefill: boolean;
  /** This node has started empty, and forgotten nothing: pull, too, what has been dead for longer than the retention. */
  readonly isRecovery: boolean;
}

/** The peer's digests of all groups, with which a comparison starts. @throws PeerError */
export function topDigest({ peer }: Pair, sender: Sender): Promise<DigestAnswer> {
  return peer.digest(sender);
}

/**
 * The differences, some buckets at a time; what is repaired meanwhile is not found again. Past the deadline nothing more
 * is listed.
 * @param report counts along
 * @throws PeerError
 */
export async function* differences(
  pair: Pair,
  top: DigestAnswer,
  scope: Scope,
  report: CompareReport,
): AsyncGenerator<Difference> {
  report.bucketsCompared += (ALL_GROUPS.length - scope.from) * BUCKETS_PER_GROUP;
  for (const groups of await differingGroups(pair.store, top, scope.from)) {
    const [group = 0] = groups;
    const buckets = await differingBuckets(pair, groups, scope.sender);
    report.bucketsDiffering += buckets.length;
    for (let i = 0; i < buckets.length; i += BUCKETS_AT_A_TIME) {
      yield* differencesIn(pair, scope, group, buckets.slice(i, i + BUCKETS_AT_A_TIME), report);
    }
    if (buckets.length === 0) yield nothingIn(group);
  }
}

/** Groups that may differ, those of one shard together. A node that keeps no sums of its groups may differ in any. */
async function differingGroups(store: Store, top: DigestAnswer, from: number): Promise<number[][]> {
  const sums = await store.groupSums();
  const groups = ALL_GROUPS.slice(from).filter((group) => sums === undefined || sums[group] !== top.sums[group]);
  return [...Map.groupBy(groups, (group) => Math.floor(group / GROUPS_AT_A_TIME)).values()];
}

async function differingBuckets({ store, peer }: Pair, groups: number[], sender: Sender): Promise<number[]> {
  const [theirs, ours] = await Promise.all([peer.digest({ groups, ...sender }), store.digests(groups)]);
  return [...ours.keys()].filter((i) => ours[i] !== theirs.sums[i]).map((i) => bucketAt(groups, i));
}

async function* differencesIn(
  pair: Pair,
  scope: Scope,
  group: number,
  buckets: readonly number[],
  report: CompareReport,
): AsyncGenerator<Difference> {
  const { store, clock, retentionMs } = pair;
  // List our side first: what the replica had acknowledged by then must be in its list, or it was lost. The digests
  // read before prove nothing any more.
  const here = await headsHere(store, buckets);
  const there = await stampsThere(pair, buckets, scope, report);
  if (there === undefined) return yield nothingIn(group);
  const deadBefore = clock.now() - retentionMs;
  const newer = [...here.values()].filter((ours) => {
    const theirs = there.get(ours.key);
    return theirs ? compareStamps(ours, theirs) > 0 : !isOlder(ours.deadAt, deadBefore);
  });
  for (let i = 0; i < newer.length; i += ENTRIES_AT_A_TIME) {
    const some = newer.slice(i, i + ENTRIES_AT_A_TIME);
    const entries = await inParallel(some, (ours) =>
      scope.isRefill ? store.get(ours.key) : settledEntry(store, ours),
    );
    yield { ...nothingIn(group), push: entries.filter((entry) => entry !== undefined) };
  }
  const candidates = [...there.values()].filter((theirs) => {
    const ours = here.get(theirs.key);
    return ours ? compareStamps(ours, theirs) < 0 : scope.isRecovery || !isOlder(theirs.deadAt, deadBefore);
  });
  const pull: string[] = [];
  await inParallel(candidates, async (theirs) => {
    const now = await store.get(theirs.key);
    if (!now || compareStamps(now.record, theirs) < 0) pull.push(theirs.key);
  });
  yield { ...nothingIn(group), pull };
}

function nothingIn(group: number): Difference {
  return { group, push: [], pull: [] };
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

function isOlder(time: number | undefined, than: number): boolean {
  return time !== undefined && time < than;
}

/** @returns the stamps by key; `undefined` when the deadline came first. @throws PeerError when the list does not end */
async function stampsThere(
  { peer, clock }: Pair,
  buckets: readonly number[],
  { sender, deadline }: Scope,
  report: CompareReport,
): Promise<Map<string, KeyStamp> | undefined> {
  const found = new Map<string, KeyStamp>();
  const began = clock.elapsed();
  let cursor: string | undefined;
  do {
    if (clock.elapsed() >= deadline) return undefined;
    if (found.size > MAX_LIST || clock.elapsed() - began > MAX_LIST_MS) throw endless();
    const page = await peer.stamps({ buckets, ...sender, ...(cursor !== undefined && { cursor }) });
    for (const stamp of page.stamps) found.set(stamp.key, stamp);
    report.failed += page.refused ?? 0;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

function endless(): PeerError {
  return new PeerError('replica gave a malformed answer: its list of keys does not end');
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
