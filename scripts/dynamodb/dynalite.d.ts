declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** A server that speaks DynamoDB's protocol. @param options.path where it keeps its data; in memory without */
  export default function dynalite(options?: { path?: string; createTableMs?: number; deleteTableMs?: number }): Server;
}

/** What scripts/dynamodb/store.ts changes of it, and transactions.ts uses. */
declare module 'dynalite/db/index.js' {
  export interface Operation {
    readonly type: 'put' | 'del';
    readonly key: string;
    readonly value?: unknown;
  }
  export type Callback = (error?: Error | null) => void;
  export type Item = Record<string, unknown>;
  /** A failure that it answers. */
  export interface Failure extends Error {
    readonly statusCode: number;
    readonly body: {
      readonly __type: string;
      readonly message: string;
      readonly CancellationReasons?: readonly object[];
    };
  }
  export interface Items {
    put(key: string, value: unknown, callback: Callback): void;
    get(key: string, callback: (error: Error | null, item?: Item) => void): void;
    del(key: string, callback: Callback): void;
    /** Calls `act` when nobody else has these keys. What it is given makes of a callback one that gives them back. */
    lock(keys: string[], act: (release: (callback: () => void) => () => void) => void): void;
  }
  export interface Store {
    readonly db: { open(): Promise<void>; batch(operations: readonly Operation[], callback: Callback): void };
    getItemDb(table: string): Items;
    getTable(name: string, callback: (error: Error | null, table: Table) => void): void;
  }
  export interface Table {
    readonly TableName: string;
    readonly GlobalSecondaryIndexes?: readonly unknown[];
  }
  interface IndexActions {
    readonly puts: ReadonlyArray<{ readonly index: string; readonly key: string; readonly item: unknown }>;
    readonly deletes: ReadonlyArray<{ readonly index: string; readonly key: string }>;
  }
  const db: {
    create(options: { path?: string; createTableMs: number; deleteTableMs: number }): Store;
    updateIndexes(store: Store, table: Table, before: unknown, after: unknown, done: Callback): void;
    getIndexActions(indexes: readonly unknown[], before: unknown, after: unknown, table: Table): IndexActions;
    /** Of an item. */
    createKey(item: Item, table: Table): string;
    validateItem(item: Item, table: Table): Failure | null | undefined;
    /** @param put as `checkValidations` has left it */
    checkConditional(put: object, existing: Item | undefined): Failure | null | undefined;
    capacityUnits(item: Item | undefined, isRead: boolean, isConsistent: boolean): number;
  };
  export default db;
}

declare module 'dynalite/validations/index.js' {
  import type { Store } from 'dynalite/db/index.js';

  const validations: {
    /** @returns the members that an operation knows @throws Failure */
    checkTypes(data: object, types: object): object;
    /** Parses expressions, too. @throws Failure */
    checkValidations(
      data: object,
      types: object,
      custom: (data: object, store: Store) => string | undefined,
      store: Store,
    ): void;
  };
  export default validations;
}

declare module 'dynalite/validations/putItem.js' {
  import type { Store } from 'dynalite/db/index.js';

  export const types: object;
  export function custom(data: object, store: Store): string | undefined;
}
