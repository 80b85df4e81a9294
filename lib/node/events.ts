// What happened to replication in this process, where fault injection is on. Where it is off nothing is noted.
import { nodeCrypto } from '../builtin.ts';
import type { StoredRecord } from '../record.ts';
import { EventRing } from '../telemetry/event-ring.ts';
import type { Happened } from '../telemetry/events.ts';
import { divergentEvent } from '../telemetry/named-record.ts';
import { clock, config } from './process.ts';

export const events = config.faultInjection ? new EventRing(clock, nodeCrypto().randomUUID()) : undefined;

/** A store has listed a divergent write. */
export const onListed = events && ((listed: StoredRecord) => events.record(divergentEvent(listed)));

export const happened: Happened | undefined = events && ((event) => events.record(event));
