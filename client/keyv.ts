// A store for Keyv over a client: `new Keyv({ store: keyvStore(client) })`.
import type { Client } from './client.ts';
import { deleteMany, deleteWith, getMany, putMany } from './many.ts';
import type { PutOptions } from './write.ts';

export interface KeyvStoreOptions {
  /** What every key in Tandem begins with, before the namespace of Keyv. Empty unless given. */
  readonly prefix?: string;
}

/** As Keyv hands them over: with its namespace in front of the key, and the value as it serializes it. */
export interface KeyvItem {
  readonly key: string;
  readonly value: unknown;
  /** Milliseconds. */
  readonly ttl?: number | undefined;
}

const MOST_SECONDS = 315_360_000;
const PAGE = { values: true, limit: 100 } as const;

/**
 * Keys expire in whole seconds here, rounded up: Keyv itself looks at the millisecond when it reads. Errors reject, and are emitted by
 * Keyv. Each Keyv needs a store of its own, since it tells the store its namespace.
 */
export class KeyvStore {
  /**
   * Where Keyv keeps what it was made with. Keyv 5 iterates over stores of some dialects only, and makes no other use of the name; it
   * also looks for one in the URL.
   */
  readonly opts = { dialect: 'redis', url: '' };
  /** Set by Keyv. */
  declare namespace: string | undefined;
  readonly #client: Client;
  readonly #prefix: string;

  constructor(client: Client, { prefix = '' }: KeyvStoreOptions = {}) {
    this.#client = client;
    this.#prefix = prefix;
  }

  /** There are no events: an error rejects. */
  on(): this {
    return this;
  }

  async get<Value>(key: string): Promise<Value | undefined> {
    return (await this.#client.get<Value>(this.#prefix + key))?.value;
  }

  async getMany<Value>(keys: readonly string[]): Promise<(Value | undefined)[]> {
    const entries = await getMany(this.#client, this.#withPrefix(keys));
    return entries.map((entry) => entry?.value as Value | undefined);
  }

  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.#client.put(this.#prefix + key, value, expiry(ttl));
    return true;
  }

  async setMany(items: readonly KeyvItem[]): Promise<boolean[]> {
    const puts = items.map(({ key, value, ttl }) => ({ key: this.#prefix + key, value, ...expiry(ttl) }));
    await putMany(
      this.#client,
      puts.map((put) => ({ op: 'put', ...put })),
    );
    return items.map(() => true);
  }

  async has(key: string): Promise<boolean> {
    return (await this.#client.get(this.#prefix + key)) !== undefined;
  }

  async hasMany(keys: readonly string[]): Promise<boolean[]> {
    return (await this.getMany(keys)).map((value) => value !== undefined);
  }

  /** @returns `false`: there was nothing to delete */
  async delete(key: string): Promise<boolean> {
    return (await this.#client.delete(this.#prefix + key)) !== undefined;
  }

  /** @returns whether all of them were there */
  async deleteMany(keys: readonly string[]): Promise<boolean> {
    return (await deleteMany(this.#client, this.#withPrefix(keys))).every((written) => written !== undefined);
  }

  /** Deletes what this store holds, of the namespace if there is one. @throws Error where that would be every key of the nodes */
  async clear(): Promise<void> {
    const prefix = this.#ofNamespace(this.namespace);
    if (prefix === '') throw new Error('This would delete every key: give keyvStore a prefix, or Keyv a namespace.');
    await deleteWith(this.#client, prefix);
  }

  async *iterator<Value>(namespace = this.namespace): AsyncGenerator<[key: string, value: Value], void> {
    for await (const { key, value } of this.#client.list<Value>({ ...PAGE, prefix: this.#ofNamespace(namespace) }))
      yield [key.slice(this.#prefix.length), value];
  }

  #ofNamespace(namespace: string | undefined): string {
    return this.#prefix + (namespace ? `${namespace}:` : '');
  }

  #withPrefix(keys: readonly string[]): string[] {
    return keys.map((key) => this.#prefix + key);
  }
}

/** @param ttl in milliseconds; 0: none */
function expiry(ttl: number | undefined): Pick<PutOptions, 'ttl'> {
  return ttl ? { ttl: Math.min(MOST_SECONDS, Math.max(1, Math.ceil(ttl / 1000))) } : {};
}

export function keyvStore(client: Client, options?: KeyvStoreOptions): KeyvStore {
  return new KeyvStore(client, options);
}
