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

interface Bucket {
  readonly index: number;
  /** The peer holds nothing in it: its digest is 0. */
  readonly isEmptyThere: boolean;
}

async function differingBuckets(
  { store, peer, clock, contact, epoch }: ComparisonParts,
  progress: Comparison,
): Promise<Bucket[]> {
  const ours = { ...(epoch !== undefined && { epoch }) };
  const top = await peer.digest(ours);
  heard(contact, top.id, clock.now());
  if (epoch === undefined) await store.raiseEpoch(top.highestEpoch);
  const digests = await store.digests();
  progress.bucketsCompared = digests.length;
  const groups = groupSums(digests).flatMap((sum, group) => (sum === top.sums[group] ? [] : [group]));
  if (groups.length === 0) return [];

  const { sums } = await peer.digest({ ...ours, groups });
  const now = await store.digests();
  const differing: Bucket[] = [];
  groups.forEach((group, i) => {
    bucketsOfGroup(now, group).forEach((digest, j) => {
      const there = sums[i * BUCKETS_PER_GROUP + j];
      if (digest !== there) differing.push({ index: group * BUCKETS_PER_GROUP + j, isEmptyThere: there === 0n });
    });
  });
  progress.bucketsDiffering = differing.length;
  return differing;
}

async function differenceIn(parts: ComparisonParts, buckets: readonly Bucket[]): Promise<Difference> {
  const { store, clock, retentionMs } = parts;
  const listedAt = clock.now();
  const there = await stampsThere(
    parts,
    buckets.filter(({ isEmptyThere }) => !isEmptyThere).map(({ index }) => index),
  );
  const difference: Difference = { push: [], pull: [], drop: [] };
  const horizon = listedAt - retentionMs;

  for await (const entry of entriesHere(
    store,
    buckets.map(({ index }) => index),
  )) {
    const theirs = there.get(entry.record.key);
    there.delete(entry.record.key);
    const order = theirs ? compareStamps(entry.record, theirs) : 1;
    if (order < 0) difference.pull.push(entry.record.key);
    else if (
      order > 0 &&
      !isUnderWay(entry, listedAt) &&
      !(theirs === undefined && isOlder(deadAt(entry.record), horizon))
    ) {
      difference.push.push(entry);
    }
  }
  for (const stamp of there.values()) {
    if (isOlder(stamp.deadAt, horizon)) difference.drop.push(stamp);
    else difference.pull.push(stamp.key);
  }
  return difference;
}

/** Whether that it is not there is known or just being mended: in the backlog, or shipped since the listing began. */
function isUnderWay(entry: Entry, listedAt: number): boolean {
  return !isAcknowledged(entry) || (entry.replication?.replicatedAt ?? Number.NEGATIVE_INFINITY) >= listedAt;
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
    if (buckets.length === 0) break;
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

async function* entriesHere(store: Store, buckets: readonly number[]): AsyncGenerator<Entry> {
  let cursor: string | undefined;
  do {
    const page = await store.entriesIn(buckets, cursor);
    yield* page.entries;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
