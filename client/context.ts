// What the methods of one client share.
import type { Addresses } from './addresses.ts';
import type { Send } from './call.ts';
import type { Settings } from './options.ts';
import type { OwnWrites } from './own-writes.ts';
import type { Surroundings } from './surroundings.ts';
import type { Turns } from './turns.ts';

export interface Context {
  readonly settings: Settings;
  readonly addresses: Addresses;
  readonly send: Send;
  readonly ownWrites: OwnWrites;
  readonly surroundings: Surroundings;
  /** Writes of one key that have a name wait here for each other. */
  readonly turns: Turns;
  /** Names one write, so that however often it is sent it is done once. */
  nextIdempotencyKey(): string;
}

/** What every method takes. */
export interface CallOptions {
  /** Aborts the call: it rejects with the reason of the signal. A write may have been done nevertheless. */
  readonly signal?: AbortSignal | undefined;
}
