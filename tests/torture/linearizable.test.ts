// The checker itself: histories that are linearizable and histories that are not.
import { describe, expect, test } from '@jest/globals';
import { at, crash, deleted, lost, nothing, OPEN, pending, put, read, refused, stamp, synced } from './histories.ts';
import { type Action, tableOf } from './history.ts';
import { checkLinearizable } from './linearizable.ts';

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
