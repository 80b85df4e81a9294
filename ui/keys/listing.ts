// Pages of rows: the listings of both nodes read side by side, from one place to the next.
import { NODE_NAMES, type NodeName } from '../recording/observation.ts';
import { byCodePoint } from './order.ts';
import { type KeyRow, type ListedKey, rowsOf } from './row.ts';

/** A page of one node's keys. */
export interface ListPage {
  readonly keys: readonly ListedKey[];
  /** Absent: that was the last one. */
  readonly cursor?: string;
}

/** Where a listing goes on: a cursor, or `start`, or `end`. */
type Spot = { readonly cursor: string } | 'start' | 'end';

/** Where the listings of both nodes go on. */
export type Place = Readonly<Partial<Record<NodeName, Spot>>>;

export interface RowPage<P> {
  readonly rows: readonly KeyRow[];
  /** Absent: that was the last one. */
  readonly next?: P;
}

/** Asks a node for a page. @throws Error when it gives none */
export type ReadPage = (
  node: NodeName,
  page: { readonly limit: number; readonly cursor?: string; readonly hasValues: boolean },
) => Promise<ListPage>;

/** @param nodes those that list keys */
export function startOf(nodes: readonly NodeName[]): Place {
  return Object.fromEntries(nodes.map((node) => [node, 'start' as const]));
}

/**
 * Reads the rows from a place on: as far as both nodes have told. A cursor leads only to the end of a page. So of a node that has
 * told more than the other one, as much as was used is asked for again: that gives the cursor to go on with.
 * @param limit keys of each node
 * @param leader whose values are read, if it lists any
 */
export async function readRows(
  read: ReadPage,
  place: Place,
  { leader, limit, hasValues }: { readonly leader: NodeName; readonly limit: number; readonly hasValues: boolean },
): Promise<RowPage<Place>> {
  const nodes = NODE_NAMES.filter((node) => place[node] !== undefined);
  const withValues = hasValues && (nodes.includes(leader) ? leader : nodes[0]);
  const pageAt = async (node: NodeName, max: number): Promise<ListPage> => {
    const spot = place[node];
    if (spot === 'end' || spot === undefined) return { keys: [] };
    return read(node, { limit: max, hasValues: node === withValues, ...(spot !== 'start' && spot) });
  };
  const pages = new Map(await Promise.all(nodes.map(async (node) => [node, await pageAt(node, limit)] as const)));
  const bound = lastTold([...pages.values()]);
  const listed = Object.fromEntries([...pages].map(([node, { keys }]) => [node, keys]));
  const next = await Promise.all([...pages].map(async ([node, page]) => [node, await spotAfter(node, page)] as const));
  const rows = rowsOf(listed, leader, bound);
  return next.every(([, spot]) => spot === 'end') ? { rows } : { rows, next: Object.fromEntries(next) };

  async function spotAfter(node: NodeName, { keys, cursor }: ListPage): Promise<Spot> {
    const used = bound === undefined ? keys.length : keys.filter(({ key }) => byCodePoint(key, bound) <= 0).length;
    if (used === keys.length) return cursor === undefined ? 'end' : { cursor };
    if (used === 0) return place[node] ?? 'end';
    const again = await read(node, { limit: used, hasValues: false, ...cursorOf(place[node]) });
    return again.cursor === undefined ? 'end' : { cursor: again.cursor };
  }
}

const cursorOf = (spot: Spot | undefined) => (typeof spot === 'object' ? spot : {});

/** Behind the end of a page that is not the last nothing is known: a key not listed there may well exist. */
function lastTold(pages: readonly ListPage[]): string | undefined {
  const ends = pages.flatMap(({ keys, cursor }) => (cursor === undefined ? [] : [keys.at(-1)?.key ?? '']));
  return ends.sort(byCodePoint)[0];
}
