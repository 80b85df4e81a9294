// The checker itself: histories that are linearizable and histories that are not, and a search that tries everything.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Action, type Condition, isOptional, type Operation, type Stamp, tableOf } from './history.ts';
import { checkLinearizable } from './linearizable.ts';
import { createModel, type State } from './model.ts';

const stamp = (version: number, epoch = 1): Stamp => ({ epoch, version });

function at(calledAt: number, endedAt: number, action: Action): Operation {
  return { client: 'a', action, calledAt, endedAt };
}

/** A write that was done. @param version that it made */
function put(value: string, version: number, options: { isReplicated?: boolean; condition?: Condition } = {}): Action {
  const { isReplicated = true, condition } = options;
  const outcome = { kind: 'done', stamp: stamp(version), isReplicated } as const;
  return { kind: 'write', value, outcome, ...(condition && { condition }) };
}
const pending = (value: string, version: number) => put(value, version, { isReplicated: false });
const deleted = (version: number): Action => ({
  kind: 'write',
  value: undefined,
  outcome: { kind: 'done', stamp: stamp(version), isReplicated: true },
});
const lost = (value: string | undefined, condition?: Condition): Action => ({
  kind: 'write',
  value,
  outcome: { kind: 'unknown' },
  ...(condition && { condition }),
});
const refused = (condition: Condition, currentVersion: number | null): Action => ({
  kind: 'write',
  value: 'x',
  condition,
  outcome: { kind: 'refused', currentVersion },
});
const nothing: Action = { kind: 'write', value: undefined, outcome: { kind: 'nothing' } };
const read = (value?: string, version?: number): Action => ({
  kind: 'read',
  value,
  ...(version !== undefined && { stamp: stamp(version) }),
});
const crash: Action = { kind: 'crash' };
const synced: Action = { kind: 'synced' };
const OPEN = Number.POSITIVE_INFINITY;

type Row = [calledAt: number, endedAt: number, action: Action];
const check = (...rows: Row[]) => checkLinearizable(rows.map((row) => at(...row))).result;

describe('linearizable', () => {
  test.each<[string, Row[]]>([
    ['nothing', []],
    [
      'one after the other',
      [
        [0, 1, put('a', 1)],
        [2, 3, read('a', 1)],
        [4, 5, deleted(2)],
        [6, 7, read()],
      ],
    ],
    [
      'a read beside a write sees the value before it',
      [
        [0, 1, put('a', 1)],
        [2, 9, put('b', 2)],
        [3, 4, read('a', 1)],
      ],
    ],
    [
      'a read beside a write sees its value already',
      [
        [0, 9, put('a', 1)],
        [1, 2, read('a', 1)],
      ],
    ],
    [
      'writes beside each other, in the order of their versions',
      [
        [0, 9, put('a', 2)],
        [0, 9, put('b', 1)],
        [10, 11, read('a', 2)],
      ],
    ],
    [
      'a write whose answer was lost, seen later',
      [
        [0, OPEN, lost('a')],
        [5, 6, read()],
        [7, 8, read('a', 1)],
      ],
    ],
    [
      'a write whose answer was lost, and that nobody ever sees',
      [
        [0, OPEN, lost('a')],
        [5, 6, read()],
        [7, 8, put('b', 1)],
        [9, 10, read('b', 1)],
      ],
    ],
    [
      'a write whose answer was lost, told by the version of the next one',
      [
        [0, OPEN, lost('a')],
        [5, 6, put('b', 2)],
        [7, 8, read('b', 2)],
      ],
    ],
    [
      'a condition that holds, one that does not, one for a key that is there',
      [
        [0, 1, put('a', 1)],
        [2, 3, put('b', 2, { condition: { ifMatch: stamp(1) } })],
        [4, 5, refused({ ifMatch: stamp(1) }, 2)],
        [6, 7, refused({ ifNoneMatch: '*' }, 2)],
      ],
    ],
    [
      'nothing to delete',
      [
        [0, 1, nothing],
        [2, 3, refused({ ifMatch: stamp(1) }, null)],
      ],
    ],
    [
      'a crash undoes writes that were not replicated',
      [
        [0, 1, put('a', 1)],
        [2, 3, pending('b', 2)],
        [4, 5, pending('c', 3)],
        [6, 7, crash],
        [8, 9, read('a', 1)],
      ],
    ],
    [
      'a crash undoes only the last of them',
      [
        [0, 1, put('a', 1)],
        [2, 3, pending('b', 2)],
        [4, 5, pending('c', 3)],
        [6, 7, crash],
        [8, 9, read('b', 2)],
      ],
    ],
    [
      'a crash undoes what was seen, and the version comes again',
      [
        [0, 1, pending('a', 1)],
        [2, 3, read('a', 1)],
        [4, 5, crash],
        [6, 7, read()],
        [8, 9, put('b', 1)],
      ],
    ],
    [
      'a crash undoes nothing',
      [
        [0, 1, pending('a', 1)],
        [2, 3, crash],
        [4, 5, read('a', 1)],
      ],
    ],
  ])('%s', (_, rows) => {
    expect(check(...rows)).toBe('linearizable');
  });
});

describe('not linearizable', () => {
  test.each<[string, Row[]]>([
    ['a read of what was never written', [[0, 1, read('a')]]],
    [
      'a read of what was replaced',
      [
        [0, 1, put('a', 1)],
        [2, 3, put('b', 2)],
        [4, 5, read('a', 1)],
      ],
    ],
    [
      'a read that goes back',
      [
        [0, 9, put('a', 1)],
        [1, 2, read('a', 1)],
        [3, 4, read()],
      ],
    ],
    [
      'two reads that go back, one after the other, beside a write',
      [
        [0, 1, put('a', 1)],
        [2, 9, put('b', 2)],
        [3, 4, read('b', 2)],
        [5, 6, read('a', 1)],
      ],
    ],
    [
      'a value with the stamp of another',
      [
        [0, 1, put('a', 1)],
        [2, 3, read('a', 2)],
      ],
    ],
    [
      'one version given twice',
      [
        [0, 9, put('a', 1)],
        [0, 9, put('b', 1)],
      ],
    ],
    [
      'a version left out, with nothing lost',
      [
        [0, 1, put('a', 1)],
        [2, 3, put('b', 3)],
      ],
    ],
    [
      'versions against the order of the writes',
      [
        [0, 1, put('a', 2)],
        [2, 3, put('b', 1)],
      ],
    ],
    [
      'a deletion that was not done',
      [
        [0, 1, put('a', 1)],
        [2, 3, deleted(2)],
        [4, 5, read('a', 1)],
      ],
    ],
    [
      'nothing to delete where there was something',
      [
        [0, 1, put('a', 1)],
        [2, 3, nothing],
      ],
    ],
    [
      'a condition that did not hold, and a write nevertheless',
      [
        [0, 1, put('a', 1)],
        [2, 3, put('b', 2, { condition: { ifNoneMatch: '*' } })],
      ],
    ],
    [
      'one state replaced twice',
      [
        [0, 1, put('a', 1)],
        [2, 9, put('b', 2, { condition: { ifMatch: stamp(1) } })],
        [2, 9, put('c', 3, { condition: { ifMatch: stamp(1) } })],
      ],
    ],
    [
      'a condition that held, and a refusal nevertheless',
      [
        [0, 1, put('a', 1)],
        [2, 3, refused({ ifMatch: stamp(1) }, 1)],
      ],
    ],
    [
      'a write whose answer was lost, seen, then gone',
      [
        [0, OPEN, lost('a')],
        [1, 2, read('a', 1)],
        [3, 4, read()],
      ],
    ],
    [
      'a write whose answer was lost, seen after it could not come any more',
      [
        [0, 3, lost('a')],
        [4, 5, put('b', 1)],
        [6, 7, read('a', 2)],
      ],
    ],
    [
      'a write that was not replicated, undone without a crash',
      [
        [0, 1, pending('a', 1)],
        [2, 3, read()],
      ],
    ],
    [
      'a crash that undoes what was replicated',
      [
        [0, 1, put('a', 1)],
        [2, 3, pending('b', 2)],
        [4, 5, crash],
        [6, 7, read()],
      ],
    ],
    [
      'a crash that undoes what came before something replicated',
      [
        [0, 1, pending('a', 1)],
        [2, 3, put('b', 2)],
        [4, 5, crash],
        [6, 7, read('a', 1)],
      ],
    ],
    [
      'a crash that undoes what was said to be in sync',
      [
        [0, 1, pending('a', 1)],
        [2, 3, synced],
        [4, 5, crash],
        [6, 7, read()],
      ],
    ],
    [
      'what a crash undid comes back',
      [
        [0, 1, pending('a', 1)],
        [2, 3, crash],
        [4, 5, read()],
        [6, 7, read('a', 1)],
      ],
    ],
  ])('%s', (_, rows) => {
    expect(check(...rows)).toBe('not linearizable');
  });

  test('the verdict names the operation that cannot come next, and what the key was', () => {
    const wrong = at(4, 5, read('a', 1));
    const { stuck, state } = checkLinearizable([at(0, 1, put('a', 1)), at(2, 3, put('b', 2)), wrong]);
    expect([stuck, state.now]).toEqual([[wrong], { value: 'b', version: 2, epoch: 1 }]);
    expect(tableOf([wrong])).toMatch(/called +ended +client +what +outcome\n0\.0 ms +1\.0 ms +a +read +a "1-1"/);
  });

  test('a search that takes too long decides nothing', () => {
    expect(checkLinearizable([at(0, 1, put('a', 1))], 0).result).toBe('undecided');
  });
});

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
