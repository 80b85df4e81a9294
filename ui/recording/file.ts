// A recording as a file, and back: so that a bug report or a lesson is one that anybody can replay, without nodes.
import type { Observation } from './observation.ts';
import { MAX_OBSERVATIONS, type Recording, spanOf } from './recording.ts';
import { list, maybe, nullable, number, object, oneOf, type Shape, ShapeError, text, variant } from './shape.ts';

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

/** Milliseconds that a date can have. */
const time = number(8e15);
const count = number(Number.MAX_SAFE_INTEGER);
const word = text(4096);
const node = oneOf('a', 'b');
const yes = oneOf(true);
const boolean = oneOf(true, false);
const role = oneOf('primary', 'replica');
const circuit = oneOf('closed', 'open', 'half_open');

/** Records that one observation names. */
const MAX_NAMED = 64;
const named = { key: word, epoch: count, version: count, deleted: maybe(yes), divergent: maybe(yes) };
const some = { records: list(object(named), MAX_NAMED), count };
const outcome = oneOf('applied', 'same', 'superseded', 'failed');
const outcomes = {
  records: list(object({ ...named, outcome, error: maybe(word), nextAttemptAt: maybe(time) }), MAX_NAMED),
  count,
};

/** The members of an event of each kind, beyond those of all. */
const EVENTS: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  written: named,
  sent: { ...some, request: count, retried: count },
  answered: { ...outcomes, request: count, durationMs: count },
  unanswered: { ...some, request: count, durationMs: count, error: word, nextAttemptAt: maybe(time) },
  not_tried: { ...some, error: word, nextAttemptAt: maybe(time) },
  circuit: { state: circuit },
  replica: { contentsId: word, isRefilling: boolean },
  repair: { phase: oneOf('began', 'ended'), shipped: maybe(count), failed: maybe(count), stoppedBy: maybe(word) },
  pulled: some,
  received: some,
  taken: { ...outcomes, durationMs: count },
  refused: { code: word, epoch: maybe(count) },
  started: {},
  role: { role, state: word, epoch: maybe(count) },
  promoted: { mode: oneOf('switchover', 'failover'), epoch: count },
  fault: { ...some, fault: oneOf('error', 'delay', 'drop_request', 'drop_reply', 'duplicate') },
  divergent: named,
};

const look = object({
  state: oneOf('up', 'switching', 'recovering', 'refilling', 'locked', 'problem', 'down'),
  role: maybe(role),
  id: maybe(word),
  epoch: maybe(count),
  keys: maybe(count),
  backlog: maybe(count),
  oldestAgeMs: maybe(nullable(count)),
  inSync: maybe(boolean),
  divergent: maybe(count),
  circuit: maybe(circuit),
  why: maybe(word),
});

const held = object({ key: word, epoch: count, version: count, value: word, writtenAt: time });
const exchange = object({
  request: count,
  to: node,
  method: word,
  path: word,
  key: maybe(word),
  status: maybe(count),
});
const tally = object({
  written: count,
  sent: count,
  acknowledged: count,
  failed: count,
  unanswered: count,
  notTried: count,
  last: maybe(list(object(named), MAX_NAMED)),
});

/** The members of each kind of observation, beside its time. */
const OBSERVATIONS: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  event: { node, process: word, event: variantOf('kind', EVENTS, { seq: count, at: time }) },
  gap: { node, count: nullable(count) },
  tally: { node, events: count, tally },
  telling: { node, isTelling: boolean },
  value: { key: word, epoch: count, version: count, value: word },
  look: { node, askedAt: maybe(time), look },
  held: { node, records: list(held, MAX_NAMED) },
  backlog: { keys: list(word, MAX_NAMED), count },
  process: { node, state: oneOf('starting', 'running', 'frozen', 'stopping', 'stopped'), ended: nullable(word) },
  client: { exchange },
};

const file = object({
  format: oneOf(FORMAT),
  version: oneOf(VERSION),
  observations: list(variantOf('what', OBSERVATIONS, { at: time }), 2 * MAX_OBSERVATIONS, 1),
});

function variantOf(
  member: string,
  kinds: Readonly<Record<string, Readonly<Record<string, Shape>>>>,
  all: Readonly<Record<string, Shape>>,
): Shape {
  return variant(
    member,
    Object.fromEntries(Object.entries(kinds).map(([kind, members]) => [kind, object({ ...all, ...members })])),
  );
}

/**
 * @param json the text of a file
 * @returns its observations, in the order of their times
 * @throws Error, for people, when it is no recording
 */
export function imported(json: string): readonly Observation[] {
  const { observations } = checked(parsed(json));
  return observations.toSorted((one, other) => one.at - other.at);
}

function checked(value: unknown): { readonly observations: readonly Observation[] } {
  try {
    return file(value, '') as { readonly observations: readonly Observation[] };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new Error(`This is no recording of Tandem: ${error.message.slice(0, 200)}.`);
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error('This is no recording of Tandem: it is not JSON.');
  }
}
