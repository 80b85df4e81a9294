// What every storage engine must do. An engine's test file calls this with a way to make an empty store.
import { describe } from '@jest/globals';
import type { Store } from '../../lib/store/store.ts';
import { baseContract } from './base.ts';
import { derivedWritesContract } from './derived-writes.ts';
import { digestsContract } from './digests.ts';
import { divergentContract } from './divergent.ts';
import { divergentListContract } from './divergent-list.ts';
import { divergentSeenContract } from './divergent-seen.ts';
import { durableContract } from './durable.ts';
import { feedContract } from './feed.ts';
import { fixture } from './fixture.ts';
import { modelContract } from './model.ts';
import { queriesContract } from './queries.ts';
import { replicationContract } from './replication.ts';
import { roleContract } from './role.ts';
import { valuesContract } from './values.ts';
import { writesContract } from './writes.ts';

export interface Engine {
  readonly name: string;
  /** An empty store. */
  create(): Promise<Store>;
  /** How many runs a property has, where a store is dear. */
  readonly numRuns?: number;
  /** Where indexes lag: how long, at most, in milliseconds. */
  readonly lagMs?: number;
  /** Where contents outlive the process. */
  readonly durable?: {
    /** Opens the contents of a store again, as a later process does. The store is not used after that. */
    reopen(store: Store): Promise<Store>;
    /** The contents of a store as another process sees them meanwhile; of one process, as another function of it does. */
    another(store: Store): Promise<Store>;
    /** A store with contents restored from a backup of another one's. */
    restore(store: Store): Promise<Store>;
  };
  /** Where the engine does otherwise than the contract says at first, and why. */
  readonly differences?: Differences;
}

export interface Differences {
  /** `dead` finds nothing: the engine forgets what is dead without being told. */
  readonly forgetsByItself?: string;
  /** `groupSums` says nothing. */
  readonly readsToCompare?: string;
  /** Pages, numbers, digests and the backlog show a write only a moment after it. */
  readonly indexesLag?: string;
  /** A record leaves in the list what it had seen, where that was listed before the key was there. */
  readonly keepsListed?: string;
  /** There is no feed. */
  readonly keepsNoOrder?: string;
  /** There is no `durable`. */
  readonly endsWithProcess?: string;
}

/** Of an engine that is another one but for what it calls its contents: whatever depends on that. */
export function contentsContract(engine: Engine): void {
  describe(`The store "${engine.name}"`, () => {
    const stores = fixture(engine);
    replicationContract(stores);
    roleContract(stores);
    durableContract(stores);
  });
}

export function storeContract(engine: Engine): void {
  describe(`The store "${engine.name}"`, () => {
    const stores = fixture(engine);
    writesContract(stores);
    derivedWritesContract(stores);
    baseContract(stores);
    valuesContract(stores);
    divergentContract(stores);
    divergentListContract(stores);
    divergentSeenContract(stores);
    replicationContract(stores);
    roleContract(stores);
    queriesContract(stores);
    feedContract(stores);
    digestsContract(stores);
    durableContract(stores);
    modelContract(stores);
  });
}
