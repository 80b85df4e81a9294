// What the console has seen, in the order in which it happened: the last ten minutes of it, and no more than fits. Where a lot
// happens the record thins out: of each half second some events are kept one by one, and the rest is counted.
import type { Observation } from './observation.ts';
import { createThinner, weightOf } from './thin.ts';

/** How far back the recording goes, in milliseconds. */
export const KEPT_MS = 10 * 60_000;
/** Observations that are kept at most. */
export const MAX_OBSERVATIONS = 30_000;
/** Records that these may name in all. */
export const MAX_NAMED_RECORDS = 60_000;
/** What is dropped at a time, so that it is not done for each observation, and of records that these name. */
export const TRIM_EVERY = 200;
const TRIM_NAMED = 1000;
/** Edits that are kept for those who have made something of the recording. */
const MAX_EDITS = 4096;

/** What was changed other than at the end: from the observation with the number `from` on, or the first ones were dropped. */
export type Edit =
  | { readonly from: number }
  /** `dropped` of the first ones are gone, and `standing` ones that still hold stand for them. */
  | { readonly dropped: number; readonly standing: number };

export interface Recording {
  readonly observations: readonly Observation[];
  /** How many edits there were. */
  readonly edits: number;
  /** @returns the edits after the first `since`; `undefined` where there were too many to keep */
  editsSince(since: number): readonly Edit[] | undefined;
  /** Observations that were dropped at the beginning, and events that are only counted. */
  readonly dropped: number;
  readonly thinned: number;
  /** Puts an observation in its place. One that comes late goes between others. */
  append(observation: Observation): void;
}

/** @param observations in the order of their times, as of another recording */
export function createRecording(observations: readonly Observation[] = []): Recording {
  let kept = [...observations];
  let edits = 0;
  let lastEdits: Edit[] = [];
  let dropped = 0;
  let named = namedIn(kept);
  const thinner = createThinner();

  function edited(edit: Edit): void {
    edits++;
    lastEdits.push(edit);
    if (lastEdits.length > 2 * MAX_EDITS) lastEdits = lastEdits.slice(-MAX_EDITS);
  }

  function insert(observation: Observation): void {
    named += weightOf(observation);
    const last = kept.at(-1);
    if (last === undefined || last.at <= observation.at) {
      kept.push(observation);
      return;
    }
    const index = kept.findLastIndex(({ at }) => at <= observation.at) + 1;
    kept.splice(index, 0, observation);
    edited({ from: index });
  }

  /** What a tally stood for has grown: it stays where it is. */
  function replace(before: Observation, now: Observation): void {
    const index = kept.lastIndexOf(before);
    if (index < 0) insert(now);
    else {
      kept[index] = now;
      named += weightOf(now) - weightOf(before);
      edited({ from: index });
    }
  }

  function trim(): void {
    const newest = kept.at(-1)?.at ?? 0;
    const isOld = (kept[TRIM_EVERY]?.at ?? newest) < newest - KEPT_MS;
    if (!isOld && kept.length < MAX_OBSERVATIONS + TRIM_EVERY && named <= MAX_NAMED_RECORDS) return;
    let first = Math.max(0, kept.length - MAX_OBSERVATIONS);
    while (first < kept.length && (kept[first]?.at ?? 0) < newest - KEPT_MS) first++;
    let left = named - namedIn(kept.slice(0, first));
    const most = named > MAX_NAMED_RECORDS ? MAX_NAMED_RECORDS - TRIM_NAMED : MAX_NAMED_RECORDS;
    for (; first < kept.length && left > most; first++) left -= weightOf(kept[first] as Observation);
    const gone = kept.slice(0, first);
    const standing = stillTrue(gone);
    kept = [...standing, ...kept.slice(first)];
    dropped += first - standing.length;
    named = namedIn(kept);
    edited({ dropped: first, standing: standing.length });
  }

  return {
    get observations() {
      return kept;
    },
    get edits() {
      return edits;
    },
    editsSince: (since) =>
      edits - since > lastEdits.length ? undefined : lastEdits.slice(lastEdits.length - (edits - since)),
    get dropped() {
      return dropped;
    },
    get thinned() {
      return thinner.count;
    },
    append(observation) {
      const { before, now } = thinner.take(observation);
      if (before) replace(before, now);
      else insert(now);
      trim();
    },
  };
}

const namedIn = (observations: readonly Observation[]): number =>
  observations.reduce((sum, each) => sum + weightOf(each), 0);

/** Of what is dropped, what still holds afterwards: how each node looked last, what it held, and what its process did. */
function stillTrue(gone: readonly Observation[]): readonly Observation[] {
  const last = new Map<string, Observation>();
  for (const each of gone) {
    if (each.what === 'look' || each.what === 'process' || each.what === 'telling' || each.what === 'held')
      last.set(`${each.what} ${each.node}`, each);
    if (each.what === 'backlog') last.set('backlog', each);
  }
  return [...last.values()].sort((a, b) => a.at - b.at);
}

/** When a recording begins and ends, in milliseconds. */
export function spanOf({ observations }: Pick<Recording, 'observations'>): {
  readonly from: number;
  readonly to: number;
} {
  return { from: observations[0]?.at ?? 0, to: observations.at(-1)?.at ?? 0 };
}
