// A reader of a feed, as a client is one that goes on from where it was, and begins again where it may have missed something.
import type { ChangedKey, Feed } from '../../lib/store/store.ts';

export class FeedReader {
  /** What each key is, as far as it has read. */
  readonly known = new Map<string, ChangedKey>();
  readonly #feed: Feed;
  #place = 0;
  #begunAt: number;

  constructor(feed: Feed) {
    this.#feed = feed;
    this.#begunAt = feed.last;
  }

  /** Whether something was forgotten that it has not seen, and was to. */
  get isGone(): boolean {
    return this.#feed.forgotten > Math.max(this.#place, this.#begunAt);
  }

  beginAgain(): void {
    this.known.clear();
    this.#place = 0;
    this.#begunAt = this.#feed.last;
  }

  /** @returns whether there is nothing more */
  async read(limit: number): Promise<boolean> {
    const { changes, next, isLast } = await this.#feed.after(this.#place, { prefix: '', limit, values: true });
    for (const each of changes) this.known.set(each.key, each);
    this.#place = next;
    return isLast;
  }
}
