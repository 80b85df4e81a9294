// The faults of this process's node, where fault injection is on.
import { type Acted, createFaults, type Faults } from '../faults/faults.ts';
import { nameOf, someOf } from '../telemetry/named-record.ts';
import { happened } from './events.ts';
import { clock, config } from './process.ts';

const acted: Acted = (fault, records) => happened?.({ kind: 'fault', fault, ...someOf(records, nameOf) });

export const faults: Faults | undefined = config.faultInjection ? createFaults(clock, Math.random, acted) : undefined;
