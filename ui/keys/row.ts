// The rows of the table: each key with what either node holds of it, and where both differ.
import { type NodeName, otherNode } from '../recording/observation.ts';
import { byCodePoint } from './order.ts';

/** A key as a node lists it. */
export interface ListedKey {
  readonly key: string;
  readonly version: number;
  readonly epoch: number;
  /** `replica` on the node that holds the copy. */
  readonly status: string;
  readonly updatedAt: string;
  /** The beginning of its value, as JSON text, where values were asked for. */
  readonly value?: string;
  readonly deleted?: boolean;
  /** Why it is not copied. */
  readonly error?: string;
}

/** What a node holds of a key. `absent`: it lists none. `unknown`: it lists nothing, or was not asked. */
export type Copy = ListedKey | 'absent' | 'unknown';

/** How the copy differs from the record on the node that leads. */
export type Difference = 'not here' | 'extra' | 'older' | 'newer';

export interface KeyRow {
  readonly key: string;
  readonly copies: Readonly<Record<NodeName, Copy>>;
  /** Of the copy on the node that follows. Absent: none, or that is not known. */
  readonly difference?: Difference;
}

/** The keys of each node; absent: it lists none at all. Both begin at the same place. */
export type Listed = Readonly<Partial<Record<NodeName, readonly ListedKey[]>>>;

/**
 * One row for each key that a node lists, in order.
 * @param bound the last key of which both nodes have told; absent: both have told of all
 */
export function rowsOf({ a, b }: Listed, leader: NodeName, bound?: string): KeyRow[] {
  const rows: KeyRow[] = [];
  for (const [onA, onB] of merged(a ?? [], b ?? [])) {
    const { key } = (onA ?? onB) as ListedKey;
    if (bound !== undefined && byCodePoint(key, bound) > 0) break;
    const copies = { a: onA ?? missing(a), b: onB ?? missing(b) };
    const difference = differenceOf(copies[leader], copies[otherNode(leader)]);
    rows.push({ key, copies, ...(difference && { difference }) });
  }
  return rows;
}

const missing = (listed: readonly ListedKey[] | undefined): Copy => (listed ? 'absent' : 'unknown');

function differenceOf(record: Copy, copy: Copy): Difference | undefined {
  if (record === 'unknown' || copy === 'unknown') return undefined;
  if (copy === 'absent') return 'not here';
  if (record === 'absent') return 'extra';
  const ahead = copy.epoch - record.epoch || copy.version - record.version;
  if (ahead === 0) return undefined;
  return ahead > 0 ? 'newer' : 'older';
}

function* merged(
  left: readonly ListedKey[],
  right: readonly ListedKey[],
): Generator<readonly [ListedKey | undefined, ListedKey | undefined]> {
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const [mine, other] = [left[i], right[j]];
    const order = mine && other ? byCodePoint(mine.key, other.key) : mine ? -1 : 1;
    yield [order <= 0 ? mine : undefined, order >= 0 ? other : undefined];
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
}
