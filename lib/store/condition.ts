// The preconditions of RFC 9110 (13.1.1, 13.1.2), decided against what is stored.
import { compareStamps, isLive, type Stamp } from '../record.ts';
import type { Change, Condition, Entry, WriteResult } from './store.ts';

/** Why what is there does not let a write happen; `undefined` if it does. */
export function rejectionOf(
  { contents, idempotencyKey: id, epoch, now, condition }: Change,
  current: Entry | undefined,
): Exclude<WriteResult, { outcome: 'written' }> | undefined {
  if (current && current.record.epoch > epoch) return { outcome: 'outdated', epoch: current.record.epoch };
  const write = id === undefined ? undefined : current?.record.remembered?.find((each) => each.id === id);
  if (current && write) return { outcome: 'repeated', entry: current, write };
  const live = current && isLive(current.record, now) ? current.record : undefined;
  const nothingToDelete = contents === undefined && live === undefined;
  if (!nothingToDelete && holds(condition, live)) return undefined;
  return { outcome: 'refused', ...(current && { current }) };
}

/** Whether a write may happen. `live` is the stamp of the live record, `undefined` if there is none. */
export function holds(condition: Condition | undefined, live: Stamp | undefined): boolean {
  if (condition?.ifMatch !== undefined && !matches(condition.ifMatch, live)) return false;
  return condition?.ifNoneMatch === undefined || !matches(condition.ifNoneMatch, live);
}

function matches(wanted: '*' | readonly Stamp[], live: Stamp | undefined): boolean {
  if (live === undefined) return false;
  return wanted === '*' || wanted.some((stamp) => compareStamps(stamp, live) === 0);
}
