// A row of the table in words: what each cell says.
import { type NodeName, otherNode } from '../recording/observation.ts';
import type { Copy, Difference, KeyRow, ListedKey } from './row.ts';

/** The record as the node that leads lists it, or else as the other one does. */
export function recordOf({ copies }: KeyRow, leader: NodeName): ListedKey | undefined {
  const [first, second] = [copies[leader], copies[otherNode(leader)]];
  return [first, second].find((copy): copy is ListedKey => typeof copy !== 'string');
}

export const versionText = (copy: Copy): string =>
  typeof copy === 'object' ? `${copy.version}` : copy === 'absent' ? '–' : '';

/** What stands beside the version on the node that follows. */
export const differenceKind = (difference: Difference): 'absent' | 'stale' =>
  difference === 'not here' ? 'absent' : 'stale';

/** Of a record that only the node that follows lists, the other one says nothing. */
export function statusText(row: KeyRow, leader: NodeName): string {
  const record = row.copies[leader];
  if (typeof record === 'object') return record.deleted ? `${record.status} (deleted)` : record.status;
  return recordOf(row, leader)?.status ?? '';
}

/** The class of the badge, which has no spaces. */
export const statusKind = (row: KeyRow, leader: NodeName): string => {
  const record = recordOf(row, leader);
  return record?.status ?? '';
};

export function valueText(row: KeyRow, leader: NodeName): string {
  const record = recordOf(row, leader);
  const { a, b } = row.copies;
  const [onA, onB] = [a, b].map((copy) => (typeof copy === 'object' ? copy.value : undefined));
  return record?.value ?? record?.error ?? onA ?? onB ?? '';
}
