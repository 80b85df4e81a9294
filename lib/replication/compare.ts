// Anti-entropy: finds the keys in which two nodes differ, from coarse to fine, and says what mends each. Only what
// differs is listed. The tree of hashes is that of Merkle as Dynamo uses it (DeCandia et al., 2007), two levels deep.
import type { Clock } from '../clock.ts';
import { BUCKETS_PER_GROUP, bucketsOfGroup, groupSums } from '../digest.ts';
import { compareStamps, deadAt } from '../record.ts';
import { isAcknowledged } from '../store/replication-state.ts';
import type { Entry, Store } from '../store/store.ts';
import { type Contact, heard } from './contact.ts';
import type { KeyStamp, Peer } from './peer.ts';

/** What to do about keys that differ. */
export interface Difference {
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

/** So many buckets are listed at a time: with a million keys about 6,000 entries. */
const BUCKETS_AT_A_TIME = 100;

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
 * The differences, some buckets at a time; what is mended meanwhile is not found again.
 * @param progress counts along
 * @throws PeerError
 */
export async function* differences(parts: ComparisonParts, progress: Comparison): AsyncGenerator<Difference> {
  const buckets = await differingBuckets(parts, progress);
  for (let i = 0; i < buckets.length; i += BUCKETS_AT_A_TIME) {
    yield await differenceIn(parts, buckets.slice(i, i + BUCKETS_AT_A_TIME));
  }
}

async function differingBuckets(
  { store, peer, clock, contact, epoch }: ComparisonParts,
  progress: Comparison,
): Promise<number[]> {
  const ours = { ...(epoch !== undefined && { epoch }) };
  const top = await peer.digest(ours);
  heard(contact, top.id, clock.now());
  progress.comparedWith = top.id;
  if (epoch === undefined) await store.raiseEpoch(top.highestEpoch);
  const digests = await store.digests();
  progress.bucketsCompared = digests.length;
  const groups = groupSums(digests).flatMap((sum, group) => (sum === top.sums[group] ? [] : [group]));
  if (groups.length === 0) return [];

  const { sums } = await peer.digest({ ...ours, groups });
  const now = await store.digests();
  const differing: number[] = [];
  groups.forEach((group, i) => {
    bucketsOfGroup(now, group).forEach((digest, j) => {
      const there = sums[i * BUCKETS_PER_GROUP + j];
      if (digest !== there) differing.push(group * BUCKETS_PER_GROUP + j);
    });
  });
  progress.bucketsDiffering = differing.length;
  return differing;
}

async function differenceIn(parts: ComparisonParts, buckets: readonly number[]): Promise<Difference> {
  const { store, clock, retentionMs } = parts;
  // Ours first: what the replica had acknowledged by then is in its list, or it is lost. What its digest said before
  // proves nothing any more, not even that a bucket is empty.
  const here = await entriesHere(store, buckets);
  const there = await stampsThere(parts, buckets);
  const horizon = clock.now() - retentionMs;
  const difference: Difference = { push: [], pull: [], drop: [] };

  for (const entry of here.values()) {
    const { record } = entry;
    const theirs = there.get(record.key);
    if (theirs ? compareStamps(record, theirs) <= 0 : isOlder(deadAt(record), horizon)) continue;
    if (await isSettled(store, entry)) difference.push.push(entry);
  }
  for (const theirs of there.values()) {
    const entry = here.get(theirs.key);
    if (entry && compareStamps(entry.record, theirs) >= 0) continue;
    const now = await store.get(theirs.key);
    if (now && compareStamps(now.record, theirs) >= 0) continue;
    if (!now && isOlder(theirs.deadAt, horizon)) difference.drop.push(theirs);
    else difference.pull.push(theirs.key);
  }
  return difference;
}

/**
 * Whether the replica had acknowledged this entry before its side was listed, and the key has not changed since: if
 * it is not there, it was lost. Anything else is under way, or in the backlog.
 */
async function isSettled(store: Store, before: Entry): Promise<boolean> {
  if (!isAcknowledged(before)) return false;
  const now = await store.get(before.record.key);
  return now !== undefined && compareStamps(now.record, before.record) === 0;
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

async function entriesHere(store: Store, buckets: readonly number[]): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  let cursor: string | undefined;
  do {
    const page = await store.entriesIn(buckets, cursor);
    for (const entry of page.entries) found.set(entry.record.key, entry);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
