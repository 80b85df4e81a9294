// The replica of this process's node, made at its first use; a primary never makes it. In memory it tells its primary as
// soon as this file is loaded that it has started.
import { injectedError } from '../faults/faults.ts';
import { replicaWithFaults } from '../faults/inject.ts';
import { announce } from '../replication/announce.ts';
import { lastContactSaver } from '../replication/last-contact.ts';
import { createReplica, type Replica } from '../replication/replica.ts';
import { faults } from './faults.ts';
import { ownHandshake, peer } from './peer.ts';
import { clock, config, log } from './process.ts';
import { store } from './store.ts';

let instance: Replica | undefined;

// The contents of a durable replica are still there: its primary need not know of a process that starts.
if (config.role === 'replica' && !store.nodeState) {
  ownHandshake()
    .then((own) => announce(peer, own, () => replica().lastContactAt !== undefined, clock))
    .catch((error) => log.error('the replica could not tell its primary that it has started', {}, error));
}

export function replica(): Replica {
  instance ??= create();
  return instance;
}

function create(): Replica {
  const { nodeState } = store;
  const options = { store, clock, log, ...(nodeState && { saveLastContact: lastContactSaver(nodeState) }) };
  if (!faults) return createReplica(options);
  const injected = faults;
  const faultOf = (record: Parameters<typeof injectedError>[1]) => injectedError(injected, record);
  return replicaWithFaults(createReplica({ ...options, faultOf }), injected, clock);
}
