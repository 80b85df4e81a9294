// The replica's part of this process's node, put together when it is first asked for: a primary never does.
import { faults } from './fault-injection.ts';
import { clock, log, store } from './node.ts';
import { refusalOf } from './replication/faults.ts';
import { faultyReplica } from './replication/faulty.ts';
import { createReplica, type Replica } from './replication/replica.ts';

let instance: Replica | undefined;

export function replica(): Replica {
  instance ??= create();
  return instance;
}

function create(): Replica {
  if (!faults) return createReplica({ store, clock, log, faultOf: () => undefined });
  const on = faults;
  return faultyReplica(createReplica({ store, clock, log, faultOf: (record) => refusalOf(on, record) }), on, clock);
}
