// A table that version 0.1 has written to. Its records are as they are today. Its node state has other names, and counts
// until this version has written its own.
import * as v from 'valibot';
import { type Item, textIn } from './item.ts';
import type { NodeItem } from './table.ts';

/** What the items of the node state were called. */
export const NAMES_IN_0_1 = {
  epoch: 'reign',
  'replica-state': 'note',
  'last-contact': 'note',
} as const satisfies Partial<Record<NodeItem, string>>;

const Note = v.object({
  at: v.exactOptional(v.number()),
  id: v.exactOptional(v.string()),
  error: v.exactOptional(v.string()),
});

/**
 * The note of 0.1, as this version would have written it. It says when the other node was last heard, and its contents id;
 * not that the nodes were compared, so that they are compared now.
 */
export function noteOf01(item: Item): string {
  const { at, id, error } = v.parse(Note, JSON.parse(textIn(item, 'text')));
  return JSON.stringify({ lastContactAt: at, contentsId: id, error });
}
