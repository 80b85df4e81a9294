// The replica's part of this process's node, put together when it is first asked for: a primary never does.
import { faults } from './fault-injection.ts';
import { clock, log } from './node.ts';
import { refusalOf } from './replication/faults.ts';
import { faultyReplica } from './replication/faulty.ts';
import { contactNoter } from './replication/note.ts';
import { createReplica, type Replica } from './replication/replica.ts';
import { store } from './store-node.ts';

let instance: Replica | undefined;

export function replica(): Replica {
  instance ??= create();
  return instance;
}

function create(): Replica {
  const parts = { store, clock, log, ...(store.durable && { noteContact: contactNoter(store.durable) }) };
  if (!faults) return createReplica({ ...parts, faultOf: () => undefined });
  const on = faults;
  return faultyReplica(createReplica({ ...parts, faultOf: (record) => refusalOf(on, record) }), on, clock);
}
