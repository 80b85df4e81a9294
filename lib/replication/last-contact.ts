// When a replica last heard from its primary, and what that owed, kept in a durable store: its processes come and go.
import * as v from 'valibot';
import type { NodeState } from '../store/store.ts';
import { changeNote } from './change-note.ts';

const SavedLastContactSchema = v.object({
  term: v.exactOptional(v.number()),
  lastContactAt: v.exactOptional(v.number()),
  owed: v.exactOptional(v.number()),
  freshAt: v.exactOptional(v.number()),
});

/** How often it is saved at most, in milliseconds, unless the primary owes another number of records. */
const SAVE_EVERY_MS = 60_000;

export interface LastContact {
  /** In milliseconds. Absent: no primary has been heard of. */
  readonly lastContactAt?: number;
  /** How many records the primary owed when it last said so. Absent: it has not. */
  readonly owed?: number;
  /** The time at which all that the primary had written was here, as it said then, in milliseconds. Absent: it has not. */
  readonly freshAt?: number;
}

/** What the primary has said that it owes. */
export interface ToldOwed {
  /** How many records. */
  readonly owed: number;
  /** See `LastContact`. */
  readonly freshAt?: number;
}

/**
 * @param term how often the role of this node has changed: what was heard in an earlier term says nothing of now
 * @returns a function that saves the time, in milliseconds, unless one was saved within the last minute
 */
export function lastContactSaver(
  nodeState: NodeState,
  term: () => number,
): (at: number, told?: ToldOwed) => Promise<void> {
  let saved: LastContact & { readonly term?: number } = {};
  return async (at, told) => {
    const present = term();
    /** Whether what was saved says this already, within a minute. */
    const isIn = ({ lastContactAt, owed }: LastContact) =>
      lastContactAt !== undefined && at - lastContactAt < SAVE_EVERY_MS && (told === undefined || told.owed === owed);
    if (saved.term === present && isIn(saved)) return;
    let next: LastContact = {};
    const isKept = await changeNote(nodeState, 'last-contact', (text) => {
      // Another process of this node may have been told, or have saved the same a moment ago.
      const there = contactIn(text, present);
      next = isIn(there) ? there : { ...there, ...told, lastContactAt: at };
      return next === there ? undefined : JSON.stringify({ term: present, ...next });
    });
    // Else the next message saves it.
    if (isKept) saved = { term: present, ...next };
  };
}

/** @param term how often the role of this node has changed */
export async function savedLastContact(nodeState: NodeState, term: number): Promise<LastContact> {
  return contactIn((await nodeState.note('last-contact')).text, term);
}

function contactIn(text: string | undefined, present: number): LastContact {
  const { term = 0, ...contact } = text === undefined ? {} : v.parse(SavedLastContactSchema, JSON.parse(text));
  return term === present ? contact : {};
}
