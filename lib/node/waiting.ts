// The requests of this process that wait: for a key, and for the next change of any.
import { MAX_FEED_WAITING, MAX_WAITING } from '../limits.ts';
import { type Pauses, Waiting } from '../waiting.ts';
import { clock, config } from './process.ts';

/** Where this is the only process: in between it is told of each change. What expires it must find by itself. */
const ALONE: Pauses = { first: 1000, longest: 1000 };
/** Other processes change the table, too. Each look is a read. */
const AMONG_OTHERS: Pauses = { first: 5, longest: 1000 };
const pauses = config.store.kind === 'dynamodb' ? AMONG_OTHERS : ALONE;

export const keyWaiting = new Waiting(clock, MAX_WAITING, pauses);
export const feedWaiting = new Waiting(clock, MAX_FEED_WAITING, pauses);

/** The store has put another record in the place of what a key had. */
export function onChanged(key: string): void {
  keyWaiting.changed(key);
  feedWaiting.changed(key);
}
