declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** A server that speaks DynamoDB's protocol. @param options.path where it keeps its data; in memory without */
  export default function dynalite(options?: { path?: string; createTableMs?: number; deleteTableMs?: number }): Server;
}

/** What scripts/dynamodb/store.ts changes of it. */
declare module 'dynalite/db/index.js' {
  export interface Operation {
    readonly type: 'put' | 'del';
    readonly key: string;
    readonly value?: unknown;
  }
  export type Callback = (error?: Error | null) => void;
  export interface Items {
    put(key: string, value: unknown, callback: Callback): void;
    del(key: string, callback: Callback): void;
  }
  export interface Store {
    readonly db: { open(): Promise<void>; batch(operations: readonly Operation[], callback: Callback): void };
    getItemDb(table: string): Items;
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
    create(options: { path: string; createTableMs: number; deleteTableMs: number }): Store;
    updateIndexes(store: Store, table: Table, before: unknown, after: unknown, done: Callback): void;
    getIndexActions(indexes: readonly unknown[], before: unknown, after: unknown, table: Table): IndexActions;
  };
  export default db;
}
