// Short words for the operations of histories that are put together by hand.
import type { Action, Condition, Operation, Stamp } from './history.ts';

export const stamp = (version: number, epoch = 1): Stamp => ({ epoch, version });

export function at(calledAt: number, endedAt: number, action: Action): Operation {
  return { client: 'a', action, calledAt, endedAt };
}

/** A write that was done. @param version that it made */
export function put(
  value: string,
  version: number,
  options: { isReplicated?: boolean; condition?: Condition } = {},
): Action {
  const { isReplicated = true, condition } = options;
  const outcome = { kind: 'done', stamp: stamp(version), isReplicated } as const;
  return { kind: 'write', value, outcome, ...(condition && { condition }) };
}
export const pending = (value: string, version: number) => put(value, version, { isReplicated: false });
export const deleted = (version: number): Action => ({
  kind: 'write',
  value: undefined,
  outcome: { kind: 'done', stamp: stamp(version), isReplicated: true },
});
export const lost = (value: string | undefined, condition?: Condition): Action => ({
  kind: 'write',
  value,
  outcome: { kind: 'unknown' },
  ...(condition && { condition }),
});
export const refused = (condition: Condition, currentVersion: number | null): Action => ({
  kind: 'write',
  value: 'x',
  condition,
  outcome: { kind: 'refused', currentVersion },
});
export const nothing: Action = { kind: 'write', value: undefined, outcome: { kind: 'nothing' } };
export const read = (value?: string, version?: number): Action => ({
  kind: 'read',
  value,
  ...(version !== undefined && { stamp: stamp(version) }),
});
export const crash: Action = { kind: 'crash' };
export const synced: Action = { kind: 'synced' };
export const OPEN = Number.POSITIVE_INFINITY;
