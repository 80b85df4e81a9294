// The replica of this process's node, made at its first use; a primary never makes it.
import { injectedError } from '../faults/faults.ts';
import { replicaWithFaults } from '../faults/inject.ts';
import { lastContactSaver } from '../replication/last-contact.ts';
import { createReplica, type Replica } from '../replication/replica.ts';
import { ready } from './announcement.ts';
import { faults } from './faults.ts';
import { clock, log } from './process.ts';
import { store } from './store.ts';

let instance: Replica | undefined;

export function replica(): Replica {
  instance ??= create();
  return instance;
}

function create(): Replica {
  const { nodeState } = store;
  const saver = nodeState && { saveLastContact: lastContactSaver(nodeState) };
  const options = { store, clock, log, ...(ready && { ready }), ...saver };
  if (!faults) return createReplica(options);
  const injected = faults;
  const faultOf = (record: Parameters<typeof injectedError>[1]) => injectedError(injected, record);
  return replicaWithFaults(createReplica({ ...options, faultOf }), injected, clock);
}
