// Thins out what nodes tell: of each half second of a node the first events are kept, and those beyond are counted. What tells
// of roles, circuits and the like is rare, and is kept.
import type { NamedRecord, ReplicationEvent, ToldEvent } from '../../lib/telemetry/events.ts';
import type { NodeName, Observation, Tally } from './observation.ts';
import { MAX_VALUES } from './story.ts';

export const WINDOW_MS = 500;
/** Events of a node that are kept one by one in this time. */
export const MAX_IN_WINDOW = 16;
/** Other events that are kept in this time, and then no more. */
const MAX_RARE_IN_WINDOW = 64;
/** Windows that an event may still belong to, in milliseconds before the newest. */
const OPEN_MS = 30_000;

type TallyObservation = Extract<Observation, { readonly what: 'tally' }>;

interface Window {
  count: number;
  rare: number;
  tally?: TallyObservation;
}

export interface Thinner {
  /** Events that were counted only. */
  readonly count: number;
  /** @returns what is kept: the observation, or what stands for it and for others, and replaces `before` */
  take(observation: Observation): { readonly before?: Observation; readonly now: Observation };
}

export function createThinner(): Thinner {
  const windows = new Map<string, Window>();
  let count = 0;
  let newest = 0;

  function windowOf(node: NodeName, index: number): Window {
    const name = `${node} ${index}`;
    const found = windows.get(name) ?? { count: 0, rare: 0 };
    windows.set(name, found);
    return found;
  }

  function forget(at: number): void {
    if (at <= newest + WINDOW_MS) return;
    newest = at;
    for (const name of windows.keys()) if (Number(name.slice(2)) * WINDOW_MS < newest - OPEN_MS) windows.delete(name);
  }

  return {
    get count() {
      return count;
    },
    take(observation) {
      if (observation.what !== 'event') return { now: observation };
      forget(observation.at);
      const { node, event } = observation;
      const index = Math.floor(observation.at / WINDOW_MS);
      const window = windowOf(node, index);
      if (isRare(event) ? window.rare++ < MAX_RARE_IN_WINDOW : window.count++ < MAX_IN_WINDOW)
        return { now: observation };
      count++;
      const before = window.tally;
      const now: TallyObservation = {
        at: (index + 1) * WINDOW_MS - 1,
        what: 'tally',
        node,
        events: (before?.events ?? 0) + 1,
        tally: counted(before?.tally ?? NOTHING, event),
      };
      window.tally = now;
      return before ? { before, now } : { now };
    },
  };
}

const NOTHING: Tally = { written: 0, sent: 0, acknowledged: 0, failed: 0, unanswered: 0, notTried: 0 };

const FREQUENT: readonly string[] = [
  'written',
  'sent',
  'answered',
  'unanswered',
  'not_tried',
  'received',
  'taken',
  'fault',
];
const isRare = ({ kind }: ToldEvent): boolean => !FREQUENT.includes(kind);

/** The last records on a node are kept by name: so what it shows is true, however much there was before. */
function withLast(tally: Tally, records: readonly NamedRecord[]): Tally {
  const named = records
    .filter(({ divergent }) => !divergent)
    .map(({ key, epoch, version, deleted }) => ({ key, epoch, version, ...(deleted && { deleted }) }));
  return named.length === 0 ? tally : { ...tally, last: [...(tally.last ?? []), ...named].slice(-MAX_VALUES) };
}

/** What the primary tells is counted. What the replica tells beside it is of the same records. */
function counted(tally: Tally, event: ReplicationEvent): Tally {
  switch (event.kind) {
    case 'written':
      return withLast({ ...tally, written: tally.written + 1 }, [event]);
    case 'taken':
      return withLast(
        tally,
        event.records.filter((record) => record.outcome === 'applied'),
      );
    case 'sent':
      return { ...tally, sent: tally.sent + event.count };
    case 'answered': {
      const failed = event.records.filter(({ outcome }) => outcome === 'failed').length;
      return { ...tally, failed: tally.failed + failed, acknowledged: tally.acknowledged + event.count - failed };
    }
    case 'unanswered':
      return { ...tally, unanswered: tally.unanswered + event.count };
    case 'not_tried':
      return { ...tally, notTried: tally.notTried + event.count };
    default:
      return tally;
  }
}

/** Records that an observation names. */
export function weightOf(observation: Observation): number {
  if (observation.what === 'backlog') return observation.keys.length;
  if (observation.what === 'held') return observation.records.length;
  if (observation.what === 'tally') return 1 + (observation.tally.last?.length ?? 0);
  if (observation.what !== 'event') return 1;
  return 'records' in observation.event ? 1 + observation.event.records.length : 1;
}
