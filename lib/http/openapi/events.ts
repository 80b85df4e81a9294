// The answer to `GET /events` as JSON Schema: an event of each kind, as lib/telemetry/events.ts has them.
import { FAULT_KINDS } from '../../fault-kind.ts';
import type { ReplicationEvent } from '../../telemetry/events.ts';
import { MAX_NAMED } from '../../telemetry/events.ts';
import { count, object, stamp } from './parts.ts';

const ms = { ...count, description: 'In milliseconds.' };
const text = { type: 'string' };
const yes = { const: true };
const OPTIONAL = ['deleted', 'divergent', 'error', 'nextAttemptAt'];

const record = { key: text, ...stamp, deleted: yes, divergent: yes };
const outcome = {
  ...record,
  outcome: { enum: ['applied', 'same', 'superseded', 'failed'] },
  error: text,
  nextAttemptAt: ms,
};
const some = (named: Record<string, unknown>) => ({
  records: { type: 'array', items: object(named, OPTIONAL), maxItems: MAX_NAMED },
  count,
});
const request = { type: 'integer', minimum: 1 };

/** What each kind has beside `seq` and `at`, and what of it may be absent. */
const KINDS: Readonly<Record<ReplicationEvent['kind'], [members: Record<string, unknown>, optional?: string[]]>> = {
  started: [{}],
  role: [
    {
      role: { enum: ['primary', 'replica'] },
      state: { enum: ['recovering', 'refilling', 'serving', 'switching'] },
      epoch: stamp.epoch,
    },
    ['epoch'],
  ],
  promoted: [{ mode: { enum: ['switchover', 'failover'] }, epoch: stamp.epoch }],
  fault: [{ fault: { enum: FAULT_KINDS }, ...some(record) }],
  divergent: [record, OPTIONAL],
  written: [record, OPTIONAL],
  sent: [{ request, retried: count, ...some(record) }],
  answered: [{ request, durationMs: count, ...some(outcome) }],
  unanswered: [{ request, durationMs: count, error: text, nextAttemptAt: ms, ...some(record) }, ['nextAttemptAt']],
  not_tried: [{ error: text, nextAttemptAt: ms, ...some(record) }, ['nextAttemptAt']],
  circuit: [{ state: { enum: ['closed', 'open', 'half_open'] } }],
  replica: [{ contentsId: text, isRefilling: { type: 'boolean' } }],
  repair: [
    { phase: { enum: ['began', 'ended'] }, shipped: count, failed: count, stoppedBy: text },
    ['shipped', 'failed', 'stoppedBy'],
  ],
  pulled: [some(record)],
  received: [some(record)],
  taken: [{ durationMs: count, ...some(outcome) }],
  refused: [{ code: text, epoch: stamp.epoch }, ['epoch']],
};

export const EVENT_PAGE = object({
  events: {
    type: 'array',
    items: {
      oneOf: Object.entries(KINDS).map(([kind, [members, optional]]) =>
        object({ seq: { type: 'integer', minimum: 1 }, at: ms, kind: { const: kind }, ...members }, optional),
      ),
    },
  },
  process: { ...text, description: 'Names the process: another one counts anew.' },
  next: { ...text, description: 'To be given as `since`.' },
  missed: {
    type: ['integer', 'null'],
    minimum: 0,
    description: 'Events since `since` that are forgotten; null: `since` is of another process.',
  },
  now: ms,
});
