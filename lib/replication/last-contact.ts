// When a replica last heard from its primary, kept in a durable store: its processes come and go.
import * as v from 'valibot';
import type { NodeState } from '../store/store.ts';

const SavedLastContactSchema = v.object({ lastContactAt: v.exactOptional(v.number()) });

/** How often it is saved at most, in milliseconds. */
const SAVE_EVERY_MS = 60_000;

/** @returns a function that saves the time, in milliseconds, unless one was saved within the last minute */
export function lastContactSaver(nodeState: NodeState): (at: number) => Promise<void> {
  let savedAt = Number.NEGATIVE_INFINITY;
  return async (at) => {
    if (at - savedAt < SAVE_EVERY_MS) return;
    savedAt = at;
    await nodeState.setPeerState(JSON.stringify({ lastContactAt: at }));
  };
}

/** @returns milliseconds; `undefined` when no primary has been heard of */
export async function savedLastContact(nodeState: NodeState): Promise<number | undefined> {
  const text = await nodeState.peerState();
  return text === undefined ? undefined : v.parse(SavedLastContactSchema, JSON.parse(text)).lastContactAt;
}
