// A client that follows one store through a whole run, by pages of a key or two between the changes: it must know at last what each
// key is, whatever was written, taken over from the other node, deleted and forgotten on the way.
import { isDivergentKey } from '../../lib/divergent.ts';
import type { Entry, Store } from '../../lib/store/store.ts';
import { FeedReader } from '../support/feed-reader.ts';
import { name } from './checks.ts';
import type { World } from './world.ts';

/** It reads after every so many changes. */
const EVERY = 3;

export class Follower {
  readonly #of: string;
  readonly #world: World;
  readonly #reader: FeedReader;
  #changes = 0;

  /** @param of the name of the store, for what it tells */
  constructor(of: string, { feed }: Store, world: World) {
    if (!feed) throw new Error(`${of} keeps no order of its changes.`);
    this.#of = of;
    this.#world = world;
    this.#reader = new FeedReader(feed);
  }

  /** The store has carried out a change. */
  async changed(): Promise<void> {
    this.#changes++;
    if (this.#changes % EVERY === 0) await this.#read(1 + (this.#changes % 2));
  }

  /** @param held what the store holds, by key */
  async account(held: ReadonlyMap<string, Entry>): Promise<void> {
    while (!(await this.#read(100)));
    const { known } = this.#reader;
    for (const [key, { record }] of held) {
      if (isDivergentKey(key)) continue;
      const told = known.get(key);
      if (told === undefined || name(key, told) !== name(key, record))
        this.#world.fail(
          `whoever follows ${this.#of} was told ${told ? name(key, told) : `nothing of ${key}`}, not ${name(key, record)}`,
        );
    }
    for (const [key, told] of known) {
      // What is forgotten was dead.
      if (!held.has(key) && !told.isDeletion && told.expiresAt === undefined)
        this.#world.fail(`whoever follows ${this.#of} was not told that ${name(key, told)} is gone`);
    }
  }

  async #read(limit: number): Promise<boolean> {
    const reader = this.#reader;
    if (reader.isGone) reader.beginAgain();
    return reader.read(limit);
  }
}
