// What every storage engine must do. An engine's test file calls this with a way to make an empty store.
import { describe } from '@jest/globals';
import type { Store } from '../../lib/store/store.ts';
import { fixture } from './fixture.ts';
import { queriesContract } from './queries.ts';
import { replicationContract } from './replication.ts';
import { writesContract } from './writes.ts';

export interface Engine {
  readonly name: string;
  /** An empty store. */
  create(): Promise<Store>;
}

export function storeContract({ name, create }: Engine): void {
  describe(`The store "${name}"`, () => {
    const stores = fixture(create);
    writesContract(stores);
    replicationContract(stores);
    queriesContract(stores);
  });
}
