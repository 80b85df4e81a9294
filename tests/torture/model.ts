// One key of an in-memory primary, as its clients may see it: a register with a version, deletion, and compare-and-set.
// A crash may undo writes, newest first, but none that the replica is known to hold.
import type { Action, Condition, Operation, Stamp } from './history.ts';

interface Content {
  /** `undefined`: there is none, or it was deleted. */
  readonly value: string | undefined;
  /** 0: it was never written. */
  readonly version: number;
  /** `undefined`: of a write whose answer was lost and whose stamp nobody saw. */
  readonly epoch: number | undefined;
}

/** States that are equal are one object. */
export interface State {
  readonly id: number;
  readonly now: Content;
  /** What a crash may bring back. Absent: the replica holds this, or something newer. */
  readonly earlier?: State;
}

export interface Model {
  readonly initial: State;
  /** @returns the states that the action may lead to; none if it cannot happen in this one */
  next(state: State, action: Action): readonly State[];
}

/** @param operations of one key: the stamps that were seen are those of the writes whose values were seen with them */
export function createModel(operations: readonly Operation[]): Model {
  const known = new Map<string, State>();
  const seen = stampsSeen(operations);

  function state(now: Content, earlier?: State): State {
    const name = JSON.stringify([now.value, now.version, now.epoch, earlier?.id]);
    const found = known.get(name) ?? { id: known.size, now, ...(earlier && { earlier }) };
    known.set(name, found);
    return found;
  }

  function written(before: State, value: string | undefined, epoch: number | undefined, isReplicated: boolean): State {
    return state({ value, version: before.now.version + 1, epoch }, isReplicated ? undefined : before);
  }

  function write(before: State, { value, condition, outcome }: Action & { kind: 'write' }): readonly State[] {
    const { now } = before;
    const isLive = now.value !== undefined;
    if (value === undefined && !isLive) return outcome.kind === 'nothing' ? [before] : [];
    if (!holds(condition, now)) {
      return outcome.kind === 'refused' && outcome.currentVersion === (isLive ? now.version : null) ? [before] : [];
    }
    if (outcome.kind === 'unknown') {
      const stamp = value === undefined ? undefined : seen.get(value);
      if (stamp && !follows(stamp, now)) return [];
      return [written(before, value, stamp?.epoch, false)];
    }
    if (outcome.kind !== 'done' || !follows(outcome.stamp, now)) return [];
    if (outcome.created !== undefined && outcome.created === isLive) return [];
    return [written(before, value, outcome.stamp.epoch, outcome.isReplicated)];
  }

  return {
    initial: state({ value: undefined, version: 0, epoch: undefined }),
    next(before, action) {
      switch (action.kind) {
        case 'read':
          return action.value === before.now.value && isStamp(action.stamp, before.now) ? [before] : [];
        case 'write':
          return write(before, action);
        case 'synced':
          return [state(before.now)];
        case 'crash':
          return [...chain(before)].map(({ now }) => state(now));
      }
    },
  };
}

function* chain(newest: State): Generator<State> {
  for (let at: State | undefined = newest; at !== undefined; at = at.earlier) yield at;
}

function holds(condition: Condition | undefined, now: Content): boolean {
  if (condition === undefined) return true;
  if ('ifNoneMatch' in condition) return now.value === undefined;
  return now.value !== undefined && isStamp(condition.ifMatch, now);
}

function isStamp(stamp: Stamp | undefined, { version, epoch }: Content): boolean {
  return stamp === undefined || (stamp.version === version && (epoch === undefined || stamp.epoch === epoch));
}

/** Each write makes the next version, and epochs only rise. */
function follows(stamp: Stamp, { version, epoch = 0 }: Content): boolean {
  return stamp.version === version + 1 && stamp.epoch >= epoch;
}

/** No two writes have one value. */
function stampsSeen(operations: readonly Operation[]): ReadonlyMap<string, Stamp> {
  const seen = new Map<string, Stamp>();
  for (const { action } of operations)
    if (action.kind === 'read' && action.value !== undefined && action.stamp) seen.set(action.value, action.stamp);
  return seen;
}
