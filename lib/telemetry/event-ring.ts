// What happened to replication in this process lately. It forgets the oldest events first, and knows how many those were.
import type { Clock } from '../clock.ts';
import { MAX_EVENT_BYTES, MAX_EVENTS } from '../limits.ts';
import type { ReplicationEvent, ToldEvent } from './events.ts';

export interface Told {
  /** Oldest first, with nothing left out in between. */
  readonly events: readonly ToldEvent[];
  /** How many events before these, and after the last one that is known, are forgotten. */
  readonly missed: number;
}

export class EventRing {
  /** Names this process. */
  readonly process: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #most: number;
  readonly #mostBytes: number;
  /** An event is at the remainder of its number. */
  readonly #places: (ToldEvent | undefined)[];
  /** The numbers of the oldest event that is here, and of the one to come. */
  #oldest = 1;
  #next = 1;
  #bytes = 0;

  /** @param most how many it keeps @param mostBytes what they may take, by the estimate of `bytesOf` */
  constructor(clock: Pick<Clock, 'now'>, process: string, most = MAX_EVENTS, mostBytes = MAX_EVENT_BYTES) {
    this.#clock = clock;
    this.process = process;
    this.#most = most;
    this.#mostBytes = mostBytes;
    this.#places = new Array(most);
    this.record({ kind: 'started' });
  }

  /** The number of the newest event. */
  get last(): number {
    return this.#next - 1;
  }

  record(event: ReplicationEvent): void {
    const told = { seq: this.#next, at: this.#clock.now(), ...event };
    if (this.#next - this.#oldest === this.#most) this.#forgetOldest();
    this.#places[this.#next % this.#most] = told;
    this.#next++;
    this.#bytes += bytesOf(told);
    while (this.#bytes > this.#mostBytes && this.#oldest < this.last) this.#forgetOldest();
  }

  /** The events after one. @param seq its number; 0: from the beginning @param limit how many at most */
  after(seq: number, limit: number): Told {
    const from = Math.max(seq + 1, this.#oldest);
    const events: ToldEvent[] = [];
    for (let each = from; each < this.#next && events.length < limit; each++) events.push(this.#at(each));
    return { events, missed: from - seq - 1 };
  }

  #forgetOldest(): void {
    this.#bytes -= bytesOf(this.#at(this.#oldest));
    this.#places[this.#oldest % this.#most] = undefined;
    this.#oldest++;
  }

  #at(seq: number): ToldEvent {
    const event = this.#places[seq % this.#most];
    if (event?.seq !== seq) throw new Error(`There is no event ${seq} in the ring.`);
    return event;
  }
}

/** What an event takes in memory, about: never much less. */
function bytesOf(event: ToldEvent): number {
  let bytes = EVENT_BYTES;
  if ('key' in event) bytes += 2 * event.key.length;
  if ('records' in event) {
    for (const record of event.records) {
      bytes += EVENT_BYTES + 2 * record.key.length + ('error' in record ? 2 * (record.error?.length ?? 0) : 0);
    }
  }
  return bytes;
}

/** Of an object with some numbers, or with a short text. */
const EVENT_BYTES = 200;
