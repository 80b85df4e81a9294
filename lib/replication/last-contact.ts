// When a replica last heard from its primary, and what that owed, kept in a durable store: its processes come and go.
import * as v from 'valibot';
import type { NodeState } from '../store/store.ts';

const SavedLastContactSchema = v.object({
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

/** @returns a function that saves the time, in milliseconds, unless one was saved within the last minute */
export function lastContactSaver(nodeState: NodeState): (at: number, owed?: number) => Promise<void> {
  let saved: LastContact = {};
  return async (at, told) => {
    const isDue = at - (saved.lastContactAt ?? Number.NEGATIVE_INFINITY) >= SAVE_EVERY_MS;
    if (!isDue && (told === undefined || told === saved.owed)) return;
    // Another process of this node may have been told.
    const owed = told ?? (await savedLastContact(nodeState)).owed;
    saved = { lastContactAt: at, ...(owed !== undefined && { owed }) };
    await nodeState.setPeerState(JSON.stringify(saved));
  };
}

export async function savedLastContact(nodeState: NodeState): Promise<LastContact> {
  const text = await nodeState.peerState();
  return text === undefined ? {} : v.parse(SavedLastContactSchema, JSON.parse(text));
}
