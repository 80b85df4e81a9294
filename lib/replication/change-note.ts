// A note of a durable node, changed by whichever of its processes: each change is made only if nobody has made another one
// since the note was read.
import type { NodeState, NoteName } from '../store/store.ts';

/** Tries to change it: others may change it at the same moment. */
const TRIES = 10;

/**
 * @param next the text that follows the one that is kept; `undefined`: there is nothing to change. Called again when
 * another process has changed it meanwhile
 * @returns `false` when others have changed it each time, so that nothing of this was kept
 */
export async function changeNote(
  nodeState: NodeState,
  name: NoteName,
  next: (text: string | undefined) => string | undefined,
): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) {
    const { text: before, revision } = await nodeState.note(name);
    const text = next(before);
    if (text === undefined || (await nodeState.keepNote(name, text, revision))) return true;
  }
  return false;
}
