// A recording as a file, and back: so that a bug report or a lesson is one that anybody can replay, without nodes.
import * as v from 'valibot';
import type { Observation } from './observation.ts';
import { MAX_OBSERVATIONS, type Recording, spanOf } from './recording.ts';

const FORMAT = 'tandem-recording';
const VERSION = 1;
/** Of a file, in bytes. One of ten minutes under load has about 10 MB. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** @returns JSON text */
export function exported(recording: Recording): string {
  const { from, to } = spanOf(recording);
  const head = JSON.stringify({ format: FORMAT, version: VERSION, from, to, thinned: recording.thinned });
  // An observation a line: what differs between two files can be seen.
  const lines = recording.observations.map((each) => JSON.stringify(each)).join(',\n');
  return `${head.slice(0, -1)},"observations":[\n${lines}\n]}\n`;
}

/** As a name of a file: when the recording ends. */
export function fileName(recording: Recording): string {
  const time = new Date(spanOf(recording).to).toISOString().slice(0, 19).replaceAll(':', '-');
  return `tandem-${time}.json`;
}

/** Whole milliseconds that a date can have. */
const time = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(8e15));
const count = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const text = v.pipe(v.string(), v.maxLength(4096));
const node = v.picklist(['a', 'b']);
const maybe = <S extends v.GenericSchema>(schema: S) => v.exactOptional(schema);

const named = {
  key: text,
  epoch: count,
  version: count,
  deleted: maybe(v.literal(true)),
  divergent: maybe(v.literal(true)),
};
const some = { records: v.pipe(v.array(v.object(named)), v.maxLength(64)), count };
const outcome = {
  outcome: v.picklist(['applied', 'same', 'superseded', 'failed']),
  error: maybe(text),
  nextAttemptAt: maybe(time),
};
const outcomes = { records: v.pipe(v.array(v.object({ ...named, ...outcome })), v.maxLength(64)), count };
const told = { seq: count, at: time };

const event = v.variant('kind', [
  v.object({ ...told, ...named, kind: v.literal('written') }),
  v.object({ ...told, ...some, kind: v.literal('sent'), request: count, retried: count }),
  v.object({ ...told, ...outcomes, kind: v.literal('answered'), request: count, durationMs: count }),
  v.object({
    ...told,
    ...some,
    kind: v.literal('unanswered'),
    request: count,
    durationMs: count,
    error: text,
    nextAttemptAt: maybe(time),
  }),
  v.object({ ...told, ...some, kind: v.literal('not_tried'), error: text, nextAttemptAt: maybe(time) }),
  v.object({ ...told, kind: v.literal('circuit'), state: v.picklist(['closed', 'open', 'half_open']) }),
  v.object({ ...told, kind: v.literal('replica'), contentsId: text, isRefilling: v.boolean() }),
  v.object({
    ...told,
    kind: v.literal('repair'),
    phase: v.picklist(['began', 'ended']),
    shipped: maybe(count),
    failed: maybe(count),
    stoppedBy: maybe(text),
  }),
  v.object({ ...told, ...some, kind: v.literal('pulled') }),
  v.object({ ...told, ...some, kind: v.literal('received') }),
  v.object({ ...told, ...outcomes, kind: v.literal('taken'), durationMs: count }),
  v.object({ ...told, kind: v.literal('refused'), code: text, epoch: maybe(count) }),
  v.object({ ...told, kind: v.literal('started') }),
  v.object({
    ...told,
    kind: v.literal('role'),
    role: v.picklist(['primary', 'replica']),
    state: text,
    epoch: maybe(count),
  }),
  v.object({ ...told, kind: v.literal('promoted'), mode: v.picklist(['switchover', 'failover']), epoch: count }),
  v.object({
    ...told,
    ...some,
    kind: v.literal('fault'),
    fault: v.picklist(['error', 'delay', 'drop_request', 'drop_reply', 'duplicate']),
  }),
  v.object({ ...told, ...named, kind: v.literal('divergent') }),
]);

const look = v.object({
  state: v.picklist(['up', 'switching', 'recovering', 'refilling', 'locked', 'problem', 'down']),
  role: maybe(v.picklist(['primary', 'replica'])),
  id: maybe(text),
  epoch: maybe(count),
  keys: maybe(count),
  backlog: maybe(count),
  oldestAgeMs: maybe(v.nullable(count)),
  inSync: maybe(v.boolean()),
  divergent: maybe(count),
  circuit: maybe(v.picklist(['closed', 'open', 'half_open'])),
  why: maybe(text),
});

const exchange = v.object({
  request: count,
  to: node,
  method: text,
  path: text,
  key: maybe(text),
  status: maybe(count),
});
const tally = v.object({
  written: count,
  sent: count,
  acknowledged: count,
  failed: count,
  unanswered: count,
  notTried: count,
});

const observation = v.variant('what', [
  v.object({ at: time, what: v.literal('event'), node, process: text, event }),
  v.object({ at: time, what: v.literal('gap'), node, count: v.nullable(count) }),
  v.object({ at: time, what: v.literal('tally'), node, events: count, tally }),
  v.object({ at: time, what: v.literal('telling'), node, isTelling: v.boolean() }),
  v.object({ at: time, what: v.literal('value'), key: text, epoch: count, version: count, value: text }),
  v.object({ at: time, what: v.literal('look'), node, look }),
  v.object({ at: time, what: v.literal('backlog'), keys: v.pipe(v.array(text), v.maxLength(64)), count }),
  v.object({
    at: time,
    what: v.literal('process'),
    node,
    state: v.picklist(['starting', 'running', 'frozen', 'stopping', 'stopped']),
    ended: v.nullable(text),
  }),
  v.object({ at: time, what: v.literal('client'), exchange }),
]);

const file = v.object({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  observations: v.pipe(v.array(observation), v.minLength(1), v.maxLength(MAX_OBSERVATIONS * 2)),
});

/**
 * @param json the text of a file
 * @returns its observations, in the order of their times
 * @throws Error, for people, when it is no recording
 */
export function imported(json: string): readonly Observation[] {
  const result = v.safeParse(file, parsed(json), { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    const path = v.getDotPath(issue);
    throw new Error(`This is no recording of Tandem: ${path ? `${path}: ` : ''}${issue.message.slice(0, 200)}.`);
  }
  return (result.output.observations as Observation[]).toSorted((one, other) => one.at - other.at);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error('This is no recording of Tandem: it is not JSON.');
  }
}
