// Group commit: the changes of one turn of the event loop share a transaction; one that fails takes no other along.
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Commits } from '../../../../lib/store/sqlite/commits.ts';
import { change, NOW, written } from '../../../contract/fixture.ts';
import { dataFiles } from '../../../support/sqlite.ts';

const files = dataFiles();

/** A table of numbers, and a copy of their sum in memory. */
function startCommits() {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE numbers (n INTEGER CHECK (n >= 0))');
  const insert = db.prepare('INSERT INTO numbers (n) VALUES (?)');
  const counted = { committed: 0, rolledBack: 0 };
  let sum = 0;
  let before = 0;
  const mirror = {
    committed() {
      counted.committed++;
      before = sum;
    },
    rolledBack() {
      counted.rolledBack++;
      sum = before;
    },
  };
  const commits = new Commits(db, { mirrors: [mirror], errorOf: (error) => error });
  return {
    commits,
    counted,
    sum: () => sum,
    numbers: () =>
      db
        .prepare('SELECT n FROM numbers ORDER BY rowid')
        .all()
        .map(({ n }) => n),
    /** Adds a number twice: a negative one is refused, after the sum has been changed. */
    add: (n: number) =>
      commits.do(() => {
        sum += 2 * n;
        insert.run(Math.abs(n));
        insert.run(n);
        return sum;
      }),
  };
}

test('changes of one turn share one transaction, and have their results in order', async () => {
  const { add, counted, numbers } = startCommits();
  expect(await Promise.all([1, 2, 3].map(add))).toEqual([2, 6, 12]);
  expect(counted).toEqual({ committed: 1, rolledBack: 0 });
  expect(await add(4)).toBe(20);
  expect(counted.committed).toBe(2);
  expect(numbers()).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
});

test('P8 of any changes together those that fail leave nothing, and the others are done as if these had never been', async () => {
  const groups = fc.array(fc.array(fc.integer({ min: -2, max: 9 }), { minLength: 1, maxLength: 8 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(groups, async (all) => {
      const { add, sum, numbers } = startCommits();
      const good = (n: number) => n >= 0;
      let expected = 0;
      for (const group of all) {
        const results = await Promise.allSettled(group.map(add));
        for (const [i, n] of group.entries()) {
          if (good(n)) expected += 2 * n;
          expect(results[i]).toMatchObject(
            good(n) ? { status: 'fulfilled', value: expected } : { status: 'rejected', reason: { errcode: 275 } },
          );
        }
      }
      expect(sum()).toBe(expected);
      expect(numbers()).toEqual(
        all
          .flat()
          .filter(good)
          .flatMap((n) => [n, n]),
      );
    }),
    { numRuns: 100 },
  );
});

test('an error that is not of SQLite fails its own change only', async () => {
  const { commits, add, numbers } = startCommits();
  const broken = commits.do(() => {
    throw new TypeError('a bug');
  });
  const results = await Promise.allSettled([add(1), broken, add(2)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(numbers()).toEqual([1, 1, 2, 2]);
});

test('P1 P5 a write is answered once others see it in the file', async () => {
  const file = files.fresh();
  const store = files.open(file);
  const other = new DatabaseSync(file, { readOnly: true });
  const seen = other.prepare('SELECT version FROM records WHERE key = ?');
  for (let version = 1; version <= 20; version++) {
    const { record } = written(await store.write(change('k', `${version}`)));
    expect(seen.get('k')).toMatchObject({ version: record.version });
  }
  other.close();
});

test('another program that has the file locked is told of, nothing has changed, and once it ends all is as before', async () => {
  const file = files.fresh();
  const store = files.open(file);
  await store.write(change('k', '1'));
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const tries = await Promise.allSettled(['a', 'b'].map((key) => store.write(change(key, '1'))));
  for (const each of tries)
    expect(each).toMatchObject({
      reason: { code: 'store_unavailable', message: expect.stringContaining('is locked') },
    });
  expect(await store.get('k')).toBeDefined();
  other.exec('ROLLBACK');
  other.close();
  expect(written(await store.write(change('a', '1'))).record.version).toBe(1);
  expect(await store.count(NOW)).toEqual({ count: 2, isAtLeast: false });
});
