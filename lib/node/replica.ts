// What this process's node does as the replica, faults included.
import { replicaWithFaults } from '../faults/inject.ts';
import type { Replica } from '../replication/replica.ts';
import { faults } from './faults.ts';
import { node } from './node.ts';
import { clock } from './process.ts';

export const replica: Replica = faults ? replicaWithFaults(node.replica, faults, clock) : node.replica;
