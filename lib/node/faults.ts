// The faults of this process's node, where fault injection is on.
import { createFaults, type Faults } from '../faults/faults.ts';
import { clock, config } from './process.ts';

export const faults: Faults | undefined = config.faultInjection ? createFaults(clock, Math.random) : undefined;
