// The replica's part of this process's node, put together when it is first asked for: a primary never does.
import { clock, config, log, store } from './node.ts';
import { magicFault } from './replication/fault.ts';
import { createReplica, type Replica } from './replication/replica.ts';

let instance: Replica | undefined;

export function replica(): Replica {
  instance ??= createReplica({ store, clock, log, faultOf: config.faultInjection ? magicFault : () => undefined });
  return instance;
}
