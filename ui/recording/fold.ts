// What the console knew at any time of a recording. Stories along the way are kept, so that another time is near one of them:
// from the beginning of ten minutes to their end is a step of a few milliseconds.
import type { Edit, Recording } from './recording.ts';
import { EMPTY, type Story } from './story.ts';
import { tell } from './tell.ts';

/** Observations between two stories that are kept. */
export const CHECKPOINT_EVERY = 256;

export interface Fold {
  /** @returns the story of all that had happened at the time `t`, in milliseconds */
  at(t: number): Story;
}

/** A story, and how many observations it is made of. */
interface Checkpoint {
  readonly index: number;
  readonly story: Story;
}

const BEGINNING: Checkpoint = { index: 0, story: EMPTY };

export function createFold(recording: Pick<Recording, 'observations' | 'edits' | 'editsSince'>): Fold {
  let checkpoints: readonly Checkpoint[] = [BEGINNING];
  let last = BEGINNING;
  let edits = recording.edits;

  function follow(): void {
    const missed = recording.editsSince(edits);
    edits = recording.edits;
    if (!missed) [checkpoints, last] = [[BEGINNING], BEGINNING];
    else
      for (const edit of together(missed)) {
        checkpoints = afterEdit(checkpoints, edit);
        last = afterEdit([last], edit).at(-1) ?? BEGINNING;
      }
  }

  return {
    at(t) {
      if (edits !== recording.edits) follow();
      const { observations } = recording;
      const end = countUntil(observations, t);
      const nearest = checkpoints.findLast(({ index }) => index <= end) ?? BEGINNING;
      if (last.index > end || nearest.index > last.index) last = nearest;
      for (const observation of observations.slice(last.index, end)) {
        last = { index: last.index + 1, story: tell(last.story, observation) };
        const newest = checkpoints.at(-1) ?? BEGINNING;
        if (last.index - newest.index >= CHECKPOINT_EVERY) checkpoints = [...checkpoints, last];
      }
      return last.story;
    },
  };
}

/** Of edits in a row that leave the first observations as they are, the one that leaves the fewest stands for all. */
function together(edits: readonly Edit[]): readonly Edit[] {
  const kept: Edit[] = [];
  for (const edit of edits) {
    const before = kept.at(-1);
    if (before && 'from' in before && 'from' in edit)
      kept[kept.length - 1] = { from: Math.min(before.from, edit.from) };
    else kept.push(edit);
  }
  return kept;
}

/** The checkpoints that an edit leaves standing. What the stories know of observations that are dropped, they know on. */
function afterEdit(checkpoints: readonly Checkpoint[], edit: Edit): readonly Checkpoint[] {
  if ('from' in edit) return checkpoints.filter(({ index }) => index <= edit.from);
  const moved = checkpoints
    .filter(({ index }) => index >= edit.dropped)
    .map(({ index, story }) => ({ index: index - edit.dropped + edit.standing, story }));
  return [BEGINNING, ...moved];
}

/** How many observations are of the time `t` or before. */
export function countUntil(observations: readonly { readonly at: number }[], t: number): number {
  let low = 0;
  let high = observations.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((observations[middle]?.at ?? 0) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}
