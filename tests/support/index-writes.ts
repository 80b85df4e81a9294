// What a change of an item costs in a global index, worked out from the item before and after by the rules of
// DynamoDB's documentation ("Using Global Secondary Indexes", "Provisioned throughput considerations"): dynalite does
// not count it. An entry that appears, disappears or changes is one write, one whose key changes two; each costs a
// unit per KB begun.
import type { GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/store/dynamodb/item.ts';

const TABLE_KEY = ['key', 'kind'];
const KB = 1024;

/** Write units that a change takes in an index. */
export function indexUnits(index: GlobalSecondaryIndex, before: Item | undefined, after: Item | undefined): number {
  const [old, next] = [entryOf(index, before), entryOf(index, after)];
  if (old && next) {
    if (keysOf(index).some((name) => old[name]?.S !== next[name]?.S)) return units(old) + units(next);
    return JSON.stringify(sorted(old)) === JSON.stringify(sorted(next)) ? 0 : Math.max(units(old), units(next));
  }
  return old || next ? units((old ?? next) as Item) : 0;
}

/** Bytes of an item, as DynamoDB counts them: names and values in UTF-8; of a number about a byte for two digits. */
export function bytesOf(item: Item): number {
  return Object.entries(item).reduce((sum, [name, { S, N }]) => {
    const value = S === undefined ? Math.ceil(`${N}`.length / 2) + 1 : Buffer.byteLength(S);
    return sum + Buffer.byteLength(name) + value;
  }, 0);
}

/** The index's entry for an item, if it has one: only what has the index's key is in it. */
export function entryOf(index: GlobalSecondaryIndex, item: Item | undefined): Item | undefined {
  if (!item || !keysOf(index).every((name) => item[name])) return undefined;
  const names = [...TABLE_KEY, ...keysOf(index), ...(index.Projection?.NonKeyAttributes ?? [])];
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}

function keysOf({ KeySchema = [] }: GlobalSecondaryIndex): string[] {
  return KeySchema.map(({ AttributeName }) => AttributeName as string);
}

function units(entry: Item): number {
  return Math.ceil(bytesOf(entry) / KB);
}

function sorted(item: Item): [string, Item[string]][] {
  return Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)) as [string, Item[string]][];
}
