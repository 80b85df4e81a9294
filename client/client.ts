// A client of a pair of nodes, for browsers and for Node. It has no dependencies.
import { Addresses } from './addresses.ts';
import type {
  Acknowledged,
  BacklogPage,
  Changed,
  DivergentPage,
  Entry,
  KeyStatus,
  NodeStatus,
  Patched,
  Promoted,
  RepairReport,
  Written,
} from './answers.ts';
import { type BatchOptions, type BatchResults, batch } from './batch.ts';
import { ChangeFeed, type ChangesOptions } from './changes.ts';
import type { CallOptions, Context } from './context.ts';
import { type Lister, type ListOptions, list, listPage, type PageLister } from './list.ts';
import {
  acknowledge,
  backlog,
  divergent,
  type Faults,
  faultsOf,
  type NodeOptions,
  nodeStatus,
  type PageOptions,
  type PromoteOptions,
  promote,
  repair,
} from './operate.ts';
import type { Operation } from './operations.ts';
import { type ClientOptions, type NodeName, settingsOf } from './options.ts';
import { OwnWrites } from './own-writes.ts';
import { type GetOptions, get, keyStatus } from './read.ts';
import { sender } from './send.ts';
import { SURROUNDINGS } from './surroundings.ts';
import { Turns } from './turns.ts';
import { type Update, type UpdateOptions, update } from './update.ts';
import {
  type DeleteOptions,
  type Expiry,
  type PatchOptions,
  type PutOptions,
  patch,
  put,
  remove,
  touch,
} from './write.ts';

export type * from './answers.ts';
export type { BatchOptions, BatchResults } from './batch.ts';
export type { ChangeFeed, ChangesOptions } from './changes.ts';
export type { CallOptions } from './context.ts';
export * from './error.ts';
export { JsonText } from './json-text.ts';
export type { Lister, Listing, ListOptions, PageLister } from './list.ts';
export type { Faults, NodeOptions, PageOptions, PromoteOptions } from './operate.ts';
export type {
  BatchEntry,
  DeleteOperation,
  GetOperation,
  IncrementOperation,
  MergeOperation,
  Operation,
  PutOperation,
  ResultOf,
  TouchOperation,
} from './operations.ts';
export type { ClientOptions, NodeName, ReadFrom, RetryOptions } from './options.ts';
export type { GetOptions } from './read.ts';
export type { Update, UpdateOptions } from './update.ts';
export type { Conditions, DeleteOptions, Expiry, PatchOptions, PutOptions, WriteOptions } from './write.ts';

/** Every method rejects with a TandemError, or with the reason of its signal. docs/client.md tells what is tried again. */
export interface Client {
  /** @returns `undefined`: there is no such key. On a replica: not there, and perhaps not yet */
  get<T = unknown>(key: string, options?: GetOptions): Promise<Entry<T> | undefined>;

  put<T>(key: string, value: T, options?: PutOptions): Promise<Written>;

  /** @returns `undefined`: there was nothing to delete */
  delete(key: string, options?: DeleteOptions): Promise<Written | undefined>;

  /**
   * Compare-and-set until it holds: writes what `change` makes of the value, unless somebody has written meanwhile; then again from the
   * start. The key expires when it would have, unless `options` say otherwise.
   * @param change is called once for each try. What it throws ends the update
   */
  update<T>(key: string, change: Update<T>, options?: UpdateOptions): Promise<Changed<T>>;

  /** Adds to the number that is there, in one step on the node; a missing key counts as 0. */
  increment(key: string, by?: number, options?: PatchOptions): Promise<Changed<number>>;

  /** Merges into the object that is there (RFC 7396: `null` removes a member), in one step on the node; a missing key counts as {}. */
  merge<T>(key: string, change: object, options?: PatchOptions): Promise<Patched<T>>;

  /**
   * Says when a key expires, without writing its value anew.
   * @param expiry `null`: never
   * @returns `undefined`: there is no such key
   */
  touch<T = unknown>(key: string, expiry: Expiry | null, options?: PatchOptions): Promise<Patched<T> | undefined>;

  /**
   * Many operations in few requests. It is not one step: each is done or refused by itself, as its result says. Those of one key are
   * done in their order.
   */
  batch<const Operations extends readonly Operation[]>(
    operations: Operations,
    options?: BatchOptions,
  ): Promise<BatchResults<Operations>>;

  /** Every key, page by page, in the order of their UTF-8 bytes. */
  readonly list: Lister;

  readonly listPage: PageLister;

  /** What changes on one node, as it comes. See ChangeFeed. */
  changes<T = unknown>(options?: ChangesOptions): ChangeFeed<T>;

  /** What became of the latest write of a key. @returns `undefined`: it was never written, or that is forgotten */
  status(key: string, options?: CallOptions): Promise<KeyStatus | undefined>;

  nodeStatus(options?: NodeOptions): Promise<NodeStatus>;

  /** A page of what the replica has not acknowledged, oldest write first. */
  backlog(options?: PageOptions): Promise<BacklogPage>;

  /** Ships the backlog, compares the nodes and removes the differences, now. */
  repair(options?: CallOptions): Promise<RepairReport>;

  /** Has the other node lead: as planned, with nothing lost; with `force` at once, and without the primary. */
  promote(options?: PromoteOptions): Promise<Promoted>;

  /** A page of the writes that a failover superseded unseen. */
  divergent(options?: PageOptions): Promise<DivergentPage>;

  /** Takes the divergent writes of a key off the list. @param key absent: those of all keys */
  acknowledge(key?: string, options?: CallOptions): Promise<Acknowledged>;

  /** The failures on purpose of the node at the address that was given as this. */
  faults(node: NodeName): Faults;
}

/**
 * @param options the addresses of both nodes, and how they are asked
 * @throws TypeError that names the option that is wrong
 */
export function createClient(options: ClientOptions): Client {
  const context = contextOf(options);
  return {
    get: (key, options) => get(context, key, options),
    put: (key, value, options) => put(context, key, value, options),
    delete: (key, options) => remove(context, key, options),
    update: (key, change, options) => update(context, key, change, options),
    increment: (key, by = 1, options) =>
      patch<number>(context, key, { increment: by }, options) as Promise<Changed<number>>,
    merge: (key, change, options) => patch(context, key, { merge: change }, options),
    touch: (key, expiry, options) => touch(context, key, expiry, options),
    batch: (operations, options) => batch(context, operations, options),
    list: ((options: ListOptions = {}) => list(context, options)) as Lister,
    listPage: ((options: ListOptions = {}) => listPage(context, options)) as PageLister,
    changes: (options = {}) => new ChangeFeed(context, options),
    status: (key, options) => keyStatus(context, key, options),
    nodeStatus: (options) => nodeStatus(context, options),
    backlog: (options) => backlog(context, options),
    repair: (options) => repair(context, options),
    promote: (options) => promote(context, options),
    divergent: (options) => divergent(context, options),
    acknowledge: (key, options) => acknowledge(context, key, options),
    faults: (node) => faultsOf(context, context.addresses.named(node)),
  };
}

function contextOf(options: ClientOptions): Context {
  const settings = settingsOf(options);
  const addresses = new Addresses(settings.primary, settings.replica);
  return {
    settings,
    addresses,
    send: sender(settings, addresses, SURROUNDINGS),
    ownWrites: new OwnWrites(settings.readsOwnWrites && settings.replica !== undefined),
    surroundings: SURROUNDINGS,
    turns: new Turns(),
    nextIdempotencyKey: idempotencyKeys(),
  };
}

/** Names that no other client gives: before the colon a random one for the client, after it a number for each write. */
function idempotencyKeys(): () => string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const client = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  let count = 0;
  return () => `${client}:${(++count).toString(36)}`;
}
