// A driver for unstorage over a client: `createStorage({ driver: unstorageDriver(client) })`.
import type { ChangeFeed } from './changes.ts';
import type { Client } from './client.ts';
import { deleteWith, getMany, keysWith, putMany } from './many.ts';
import type { PutOptions } from './write.ts';

export interface UnstorageOptions {
  /** What every key in Tandem begins with. Empty unless given. */
  readonly base?: string;
  /** When an item expires, in seconds, unless it is told otherwise. Never unless given. */
  readonly ttl?: number;
  /** Is told why watching has ended. Unless it is given, that is an unhandled rejection. */
  readonly onWatchError?: (error: unknown) => void;
}

/** What unstorage hands over beside an item. */
interface ItemOptions {
  readonly ttl?: number;
}

interface Item {
  readonly key: string;
  readonly options?: ItemOptions;
}

type WatchCallback = (event: 'update' | 'remove', key: string) => unknown;

/** An alias, so that it fits where unstorage has members of any name. */
export type UnstorageMeta = {
  /** When it was written. */
  readonly mtime: Date;
  /** Seconds until it expires. */
  readonly ttl?: number;
  readonly etag: string;
  readonly version: number;
};

/** Values are kept as unstorage hands them over: as text. */
export class UnstorageDriver {
  readonly name = 'tandem';
  readonly options: UnstorageOptions;
  readonly #client: Client;
  readonly #base: string;
  readonly #watches = new Set<ChangeFeed<unknown>>();

  constructor(client: Client, options: UnstorageOptions = {}) {
    this.options = options;
    this.#client = client;
    // unstorage has colons between the parts of a key.
    const { base = '' } = options;
    this.#base = base === '' || base.endsWith(':') ? base : `${base}:`;
  }

  // unstorage calls these without their object.
  getInstance = (): Client => this.#client;

  hasItem = async (key: string): Promise<boolean> => (await this.#client.get(this.#base + key)) !== undefined;

  getItem = async (key: string): Promise<string | null> => {
    const entry = await this.#client.get<string>(this.#base + key);
    return entry?.value ?? null;
  };

  getItems = async (items: readonly Item[]): Promise<{ key: string; value: string | null }[]> => {
    const entries = await getMany(
      this.#client,
      items.map(({ key }) => this.#base + key),
    );
    return items.map(({ key }, i) => ({ key, value: (entries[i]?.value as string | undefined) ?? null }));
  };

  setItem = async (key: string, value: string, options?: ItemOptions): Promise<void> => {
    await this.#client.put(this.#base + key, value, this.#expiry(options));
  };

  setItems = async (items: readonly (Item & { readonly value: string })[], common?: ItemOptions): Promise<void> => {
    const puts = items.map(({ key, value, options }) => {
      return { op: 'put', key: this.#base + key, value, ...this.#expiry({ ...common, ...options }) } as const;
    });
    await putMany(this.#client, puts);
  };

  removeItem = async (key: string): Promise<void> => {
    await this.#client.delete(this.#base + key);
  };

  getMeta = async (key: string): Promise<UnstorageMeta | null> => {
    const entry = await this.#client.get(this.#base + key);
    if (entry === undefined) return null;
    const { updatedAt, expiresAt, etag, version } = entry;
    const ttl = expiresAt === undefined ? undefined : Math.ceil((Date.parse(expiresAt) - Date.now()) / 1000);
    return { mtime: new Date(updatedAt), etag, version, ...(ttl !== undefined && { ttl: Math.max(0, ttl) }) };
  };

  getKeys = async (base = ''): Promise<string[]> => {
    const keys = await keysWith(this.#client, this.#base + base);
    return keys.map((key) => key.slice(this.#base.length));
  };

  /** @throws Error where that would be every key of the nodes */
  clear = async (base = ''): Promise<void> => {
    const prefix = this.#base + base;
    if (prefix === '') throw new Error('This would delete every key: give unstorageDriver a base.');
    await deleteWith(this.#client, prefix);
  };

  /** Follows the changes of one node, whoever makes them; from the beginning where the node cannot tell what was missed. */
  watch = async (callback: WatchCallback): Promise<() => void> => {
    const feed = this.#client.changes({ prefix: this.#base, since: 'now', whenGone: 'begin-again' });
    await feed.ready();
    this.#watches.add(feed);
    const { onWatchError } = this.options;
    // Nobody waits for its end: without a listener an error is an unhandled rejection, and so is seen.
    const watching = this.#tell(feed, callback);
    if (onWatchError) watching.catch(onWatchError);
    return () => this.#end(feed);
  };

  async #tell(feed: ChangeFeed<unknown>, callback: WatchCallback): Promise<void> {
    for await (const { key, deleted } of feed)
      await callback(deleted ? 'remove' : 'update', key.slice(this.#base.length));
  }

  /** Ends what watches. */
  dispose = (): void => {
    for (const feed of this.#watches) this.#end(feed);
  };

  #end(feed: ChangeFeed<unknown>): void {
    this.#watches.delete(feed);
    void feed.return();
  }

  #expiry(options: ItemOptions | undefined): Pick<PutOptions, 'ttl'> {
    const ttl = options?.ttl ?? this.options.ttl;
    return ttl === undefined ? {} : { ttl };
  }
}

export function unstorageDriver(client: Client, options?: UnstorageOptions): UnstorageDriver {
  return new UnstorageDriver(client, options);
}
