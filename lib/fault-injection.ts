// The faults of this process's node, where fault injection is on.
import { clock, config } from './node.ts';
import { createFaults, type Faults } from './replication/faults.ts';

export const faults: Faults | undefined = config.faultInjection ? createFaults(clock, Math.random) : undefined;
