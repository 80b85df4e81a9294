// A table that version 0.1 has written to. Its records are as they are today. Its node state has other names, and counts
// until this version has written its own.
import * as v from 'valibot';
import { type Item, string, textIn } from './item.ts';
import type { NodeItem } from './table.ts';

/** What the items of the node state were called. */
export const NAMES_IN_0_1 = { epoch: 'reign', 'peer-state': 'note' } as const satisfies Partial<
  Record<NodeItem, string>
>;

const Note = v.object({
  at: v.exactOptional(v.number()),
  id: v.exactOptional(v.string()),
  error: v.exactOptional(v.string()),
  fencedBy: v.exactOptional(v.number()),
});

/**
 * An item of the node state of 0.1, as this version would have written it. Of the peer state it says when the other node
 * was last heard, its contents id, and whether it has another primary; not that the nodes were compared, so that they are
 * compared now.
 */
export function itemOf01(name: keyof typeof NAMES_IN_0_1, item: Item): Item {
  if (name === 'epoch' || !item.text) return item;
  const { at, id, error, fencedBy } = v.parse(Note, JSON.parse(textIn(item, 'text')));
  return { ...item, text: string(JSON.stringify({ lastContactAt: at, contentsId: id, error, fencedBy })) };
}
