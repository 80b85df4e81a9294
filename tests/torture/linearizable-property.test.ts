// The checker against a search that tries every order, on many small histories.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at, crash, lost, nothing, OPEN, read, refused, stamp, synced } from './histories.ts';
import { type Action, isOptional, type Operation } from './history.ts';
import { checkLinearizable } from './linearizable.ts';
import { createModel, type State } from './model.ts';

/** Every order, one after the other. */
function hasOrder(operations: readonly Operation[]): boolean {
  const model = createModel(operations);
  const goesOn = (left: readonly Operation[], state: State): boolean =>
    left.every(isOptional) ||
    left.some((operation) => {
      const isTooEarly = left.some((other) => !isOptional(other) && other.endedAt < operation.calledAt);
      if (isTooEarly) return false;
      // What had ended before this one was called comes no more.
      const rest = left.filter(
        (other) => other !== operation && !(isOptional(other) && other.endedAt < operation.calledAt),
      );
      return model.next(state, operation.action).some((next) => goesOn(rest, next));
    });
  return goesOn(operations, model.initial);
}

const version = fc.integer({ min: 1, max: 3 });
const condition = fc.option(
  fc.oneof(
    fc.constant({ ifNoneMatch: '*' } as const),
    version.map((v) => ({ ifMatch: stamp(v) })),
  ),
  { nil: undefined },
);
/** Of a few values and versions, so that many histories are linearizable. */
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom('a', 'b', 'c', undefined), version, fc.boolean(), condition).map(
      ([value, v, isReplicated, c]): Action => ({
        kind: 'write',
        value,
        outcome: { kind: 'done', stamp: stamp(v), isReplicated },
        ...(c && { condition: c }),
      }),
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom('d', 'e', undefined).map((value) => lost(value)) },
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'd', undefined).map((value) => read(value)) },
  { weight: 1, arbitrary: fc.constantFrom(crash, synced, nothing, refused({ ifNoneMatch: '*' }, 1)) },
);
const anyOperation = fc
  .tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 5 }), anyAction, fc.boolean())
  .map(([calledAt, length, action, isOpen]) => {
    const operation = at(calledAt, calledAt + length, action);
    return isOptional(operation) && isOpen ? { ...operation, endedAt: OPEN } : operation;
  });

test('it says what a search through all orders says', () => {
  const counts = { linearizable: 0, 'not linearizable': 0, undecided: 0 };
  fc.assert(
    fc.property(fc.array(anyOperation, { maxLength: 6 }), (operations) => {
      const { result } = checkLinearizable(operations);
      counts[result]++;
      expect(result).toBe(hasOrder(operations) ? 'linearizable' : 'not linearizable');
    }),
    { seed: 1, numRuns: 20_000 },
  );
  expect(counts.undecided).toBe(0);
  expect(counts.linearizable).toBeGreaterThan(1000);
  expect(counts['not linearizable']).toBeGreaterThan(1000);
});
