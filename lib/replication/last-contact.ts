// When a replica last heard from its primary, and what that owed, kept in a durable store: its processes come and go.
import * as v from 'valibot';
import type { NodeState } from '../store/store.ts';
import { changeNote } from './change-note.ts';

const SavedLastContactSchema = v.object({
  term: v.exactOptional(v.number()),
  lastContactAt: v.exactOptional(v.number()),
  owed: v.exactOptional(v.number()),
});

/** How often it is saved at most, in milliseconds, unless the primary owes another number of records. */
const SAVE_EVERY_MS = 60_000;

export interface LastContact {
  /** In milliseconds. Absent: no primary has been heard of. */
  readonly lastContactAt?: number;
  /** How many records the primary owed when it last said so. Absent: it has not. */
  readonly owed?: number;
}

/**
 * @param term how often the role of this node has changed: what was heard in an earlier term says nothing of now
 * @returns a function that saves the time, in milliseconds, unless one was saved within the last minute
 */
export function lastContactSaver(
  nodeState: NodeState,
  term: () => number,
): (at: number, owed?: number) => Promise<void> {
  let saved: LastContact & { readonly term?: number } = {};
  return async (at, told) => {
    const now = term();
    const isDue = saved.term !== now || at - (saved.lastContactAt ?? Number.NEGATIVE_INFINITY) >= SAVE_EVERY_MS;
    if (!isDue && (told === undefined || told === saved.owed)) return;
    let next: typeof saved = {};
    await changeNote(nodeState, 'last-contact', (text) => {
      // Another process of this node may have been told.
      const owed = told ?? contactIn(text, now).owed;
      next = { term: now, lastContactAt: at, ...(owed !== undefined && { owed }) };
      return JSON.stringify(next);
    });
    saved = next;
  };
}

/** @param term how often the role of this node has changed */
export async function savedLastContact(nodeState: NodeState, term: number): Promise<LastContact> {
  return contactIn((await nodeState.note('last-contact')).text, term);
}

function contactIn(text: string | undefined, now: number): LastContact {
  const { term = 0, ...contact } = text === undefined ? {} : v.parse(SavedLastContactSchema, JSON.parse(text));
  return term === now ? contact : {};
}
