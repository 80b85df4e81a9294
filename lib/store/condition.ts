// The preconditions of RFC 9110 (13.1.1, 13.1.2), decided against what is stored.
import { compareStamps, type Stamp } from '../record.ts';
import type { Condition } from './store.ts';

/** Whether a write may happen. `live` is the stamp of the live record, `undefined` if there is none. */
export function holds(condition: Condition | undefined, live: Stamp | undefined): boolean {
  if (condition?.ifMatch !== undefined && !matches(condition.ifMatch, live)) return false;
  return condition?.ifNoneMatch === undefined || !matches(condition.ifNoneMatch, live);
}

function matches(wanted: '*' | readonly Stamp[], live: Stamp | undefined): boolean {
  if (live === undefined) return false;
  return wanted === '*' || wanted.some((stamp) => compareStamps(stamp, live) === 0);
}
