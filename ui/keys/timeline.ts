// The timeline of a key's present version: what the client, the primary and the replica did for it, and when. It is made of what
// GET /status/{key} and the events tell. What is not known is not in it.
import { duration } from '../nodes/words.ts';
import { type NodeName, type Observation, otherNode } from '../recording/observation.ts';
import type { KeyStatusTold } from './key-told.ts';

export type Lane = 'client' | 'primary' | 'replica';

export type BarKind = 'write' | 'applied' | 'failed' | 'wait' | 'due' | 'copy';

export interface Bar {
  readonly lane: Lane;
  readonly kind: BarKind;
  /** Milliseconds. A moment begins and ends at once. */
  readonly from: number;
  readonly to: number;
  /** What it was, as a sentence. */
  readonly words: string;
  /** In the bar, where there is room. */
  readonly label: string;
}

/** A request of this page that wrote the version. */
export interface ClientWrite {
  readonly method: string;
  /** Milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** HTTP status of the answer; 0: none came. */
  readonly status: number;
}

interface Told {
  readonly status: KeyStatusTold;
  readonly client?: ClientWrite | undefined;
  /** The recording, in the order of its times. */
  readonly observations: readonly Observation[];
  /** Milliseconds. */
  readonly now: number;
}

/** The bars of each lane, in the order of their beginnings. */
export function timelineOf({ status, client, observations, now }: Told): readonly Bar[] {
  const bars = [...clientBars(client), ...primaryBars(status, now), ...replicaBars(status, observations)];
  return bars.sort((a, b) => a.from - b.from || a.to - b.to);
}

/** What a node keeps of its attempts at most. Of more than these the first ones are not known. */
const KEPT_ATTEMPTS = 10;

function clientBars(client: ClientWrite | undefined): Bar[] {
  if (!client) return [];
  const { method, startedAt, durationMs, status } = client;
  const answer = status === 0 ? 'without an answer' : `answered ${status}`;
  const took = duration(durationMs);
  return [
    {
      lane: 'client',
      kind: 'write',
      from: startedAt,
      to: startedAt + durationMs,
      label: `${method} ${status || '?'}`,
      words: `The client sent ${method}: ${answer} after ${took}.`,
    },
  ];
}

function primaryBars(
  { updatedAt, attempts = [], nextAttemptAt, status, version, deleted }: KeyStatusTold,
  now: number,
): Bar[] {
  const writtenAt = Date.parse(updatedAt);
  const what = deleted ? 'The deletion' : 'The write';
  const bars: Bar[] = [
    {
      lane: 'primary',
      kind: 'write',
      from: writtenAt,
      to: writtenAt,
      label: 'stored',
      words: `${what} was stored on the primary, as version ${version}.`,
    },
  ];
  let idleSince = writtenAt;
  for (const [i, { at, outcome, error, durationMs }] of attempts.entries()) {
    const from = Date.parse(at);
    const number =
      attempts.length < KEPT_ATTEMPTS ? `Attempt ${i + 1}` : `Of the last ${KEPT_ATTEMPTS} attempts the ${i + 1}.`;
    bars.push(...waitBetween(idleSince, from, i === 0 ? 'before it was sent' : 'before it was sent again'));
    bars.push({
      lane: 'primary',
      kind: outcome === 'failed' ? 'failed' : 'applied',
      from,
      to: from + durationMs,
      label: outcome,
      words: `${number}: ${outcome}${error ? `, ${error}` : ''}, after ${duration(durationMs)}.`,
    });
    idleSince = from + durationMs;
  }
  if (status === 'replicated' || nextAttemptAt === undefined) return bars;
  const dueAt = Date.parse(nextAttemptAt);
  bars.push(...waitBetween(idleSince, Math.max(now, idleSince), 'so far'));
  bars.push({
    lane: 'primary',
    kind: 'due',
    from: Math.max(dueAt, idleSince),
    to: Math.max(dueAt, idleSince),
    label: 'due',
    words:
      dueAt > now
        ? `From ${duration(dueAt - now)} on the next repair or write sends it again.`
        : 'The next repair or write sends it again.',
  });
  return bars;
}

/** Waits that are shorter than this are none that anybody would see, in milliseconds. */
const LEAST_WAIT_MS = 2;

function waitBetween(from: number, to: number, why: string): Bar[] {
  if (to - from < LEAST_WAIT_MS) return [];
  const took = duration(to - from);
  return [{ lane: 'primary', kind: 'wait', from, to, label: took, words: `It waited for ${took} ${why}.` }];
}

/** Of the replica its own events tell most; without them its acknowledgement, as the primary noted it. */
function replicaBars(status: KeyStatusTold, observations: readonly Observation[]): Bar[] {
  const taken = observations.flatMap((observation) => takenBar(observation, status));
  if (taken.length > 0) return taken;
  if (status.replicatedAt === undefined) return [];
  const at = Date.parse(status.replicatedAt);
  const lag = status.lagMs === undefined ? '' : `, ${duration(status.lagMs)} after the write`;
  return [
    { lane: 'replica', kind: 'copy', from: at, to: at, label: 'copied', words: `The replica acknowledged it${lag}.` },
  ];
}

function takenBar(observation: Observation, { key, version, epoch }: KeyStatusTold): Bar[] {
  if (observation.what !== 'event' || observation.event.kind !== 'taken') return [];
  const { event, at } = observation;
  const own = event.records.find((each) => each.key === key && each.version === version && each.epoch === epoch);
  if (!own) return [];
  const isFailed = own.outcome === 'failed';
  return [
    {
      lane: 'replica',
      kind: isFailed ? 'failed' : 'copy',
      from: at - event.durationMs,
      to: at,
      label: own.outcome,
      words: `The replica took it${isFailed ? ' not' : ''}: ${own.outcome}${own.error ? `, ${own.error}` : ''}, in ${duration(event.durationMs)}.`,
    },
  ];
}

/** Only the timeline of the node that leads has attempts: its name stands beside the lane. */
export const laneNode = (lane: Lane, leader: NodeName): NodeName | undefined =>
  lane === 'client' ? undefined : lane === 'primary' ? leader : otherNode(leader);

/**
 * Places times from 0 to 1, so that milliseconds and minutes are seen beside each other: what lies between two times gets a width
 * that grows with the logarithm of how long it was. The order is kept, the proportions are not.
 */
export function scaleOf(bars: readonly Bar[]): (time: number) => number {
  const times = [...new Set(bars.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const places = new Map<number, number>();
  let sum = 0;
  for (const [i, time] of times.entries()) {
    if (i > 0) sum += WIDTH_OF_STEP + Math.log2(1 + time - (times[i - 1] ?? time));
    places.set(time, sum);
  }
  return (time) => (sum === 0 ? 0 : (places.get(time) ?? 0) / sum);
}

/** However short a step is, it is seen. */
const WIDTH_OF_STEP = 1;
