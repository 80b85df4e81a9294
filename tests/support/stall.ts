// How long this thread is kept busy in one turn of its event loop, in processor time: what others on the machine do does not
// count. It is held against what JSON.parse itself takes, in the same run, for the worst value that a client may write.
import { MAX_VALUE_BYTES } from '../../lib/limits.ts';

/** A turn may take as much processor time as so many of the worst values: where one takes 17 ms, that is 100 ms. */
export const MAX_RATIO = 6;
/** A collection of garbage may fall into any turn. One that stalls does so each time. */
const TRIES = 4;

/** Distinct names are what takes JSON.parse longest. */
export function namesOf(bytes: number): string {
  const members: string[] = [];
  for (let length = 2, i = 0; ; i++) {
    const member = `"${i.toString(36)}x":1`;
    length += member.length + 1;
    if (length > bytes) return `{${members.join(',')}}`;
    members.push(member);
  }
}

export const WORST_VALUE = namesOf(MAX_VALUE_BYTES);

/** Processor time of this thread, in milliseconds. */
function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The median of what JSON.parse takes for the worst value, in milliseconds. */
function referenceMs(): number {
  const times = Array.from({ length: 5 }, () => {
    const before = spent();
    JSON.parse(WORST_VALUE);
    return spent() - before;
  });
  return times.sort((a, b) => a - b)[2] as number;
}

/** The longest turn of the event loop while this is done, in milliseconds of processor time. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let last = spent();
  let longest = 0;
  let next = setImmediate(function measure() {
    const now = spent();
    longest = Math.max(longest, now - last);
    last = now;
    next = setImmediate(measure);
  });
  try {
    await work();
    // Of the turn in which it ended, too.
    await new Promise((resolve) => setImmediate(resolve));
    return Math.max(longest, spent() - last);
  } finally {
    clearImmediate(next);
  }
}

let reference: number | undefined;

/**
 * The longest turn while this is done, as a multiple of the reference: the least of some tries.
 * @param work is done anew in each try
 */
export async function stallOf(work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && least > MAX_RATIO; i++) {
    // Once more where that may be why: the machine may be slower now.
    if (i > 0 || reference === undefined) reference = referenceMs();
    least = Math.min(least, (await longestTurn(work)) / reference);
  }
  return least;
}
