// The data file of a node: what is wrong with it is said in a sentence, and loses nothing.
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, open as openFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ALL_GROUPS } from '../../../../lib/digest.ts';
import { takeGuard } from '../../../../lib/store/sqlite/guard.ts';
import type { Store } from '../../../../lib/store/store.ts';
import { change, EPOCH, NOW, written } from '../../../contract/fixture.ts';
import { dataFiles } from '../../../support/sqlite.ts';

const files = dataFiles();

const put = async (store: Store, key: string, value = '1') => written(await store.write(change(key, value)));
const values = async (store: Store, ...keys: string[]) =>
  Promise.all(keys.map(async (key) => (await store.get(key))?.record.value));

/** A file that a node has used, with a record in it. */
async function used(): Promise<string> {
  const file = files.fresh();
  const store = files.open(file);
  await put(store, 'k');
  store.close();
  return file;
}

function execIn(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

describe('a file that is refused', () => {
  test.each<[string, RegExp, (file: string) => Promise<void> | void]>([
    [
      'of the other node',
      /is the data file of the node 'replica', and this one is 'primary'/,
      (file) => {
        execIn(file, `UPDATE node SET value = 'replica' WHERE name = 'node'`);
      },
    ],
    [
      'of a later version',
      /has format 9, and this version of Tandem knows format 2\. Use the version/,
      (file) => {
        execIn(file, 'PRAGMA user_version = 9');
      },
    ],
    ['of another program', /is a database of another program/, (file) => execIn(file, 'PRAGMA application_id = 1')],
    [
      'that is no database',
      /is damaged, or no data file .*Restore it from a backup/,
      (file) => {
        return writeFile(file, 'not a database'.repeat(1000));
      },
    ],
    [
      'that has lost its tables',
      /is damaged, or no data file \(no such table/,
      (file) => execIn(file, 'DROP TABLE records'),
    ],
    [
      'that is a folder',
      /cannot be opened/,
      async (file) => {
        await rm(file);
        await mkdir(file);
      },
    ],
  ])('%s is named, with what to do, and stays as it is', async (_, sentence, spoil) => {
    const file = await used();
    await spoil(file);
    expect(() => files.open(file)).toThrow(sentence);
    expect(() => files.open(file)).toThrow(sentence);
    // Nobody has it after that.
    takeGuard(file).release();
  });

  test('whose folder cannot be made is named', async () => {
    const file = await used();
    expect(() => files.open(join(file, 'below', 'x.sqlite'))).toThrow(/something on its path is no folder/);
  });

  (process.getuid?.() === 0 || process.platform === 'win32' ? test.skip : test)(
    'that may not be written is named',
    async () => {
      const file = await used();
      const handle = await openFile(file);
      await handle.chmod(0o400);
      await handle.close();
      expect(() => files.open(file)).toThrow(/cannot be written .*Let the node write it, and its folder/);
    },
  );
});

const HOLDER = `
const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
const db = new DatabaseSync(process.argv[1] + '-lock');
db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
console.log('locked');
setInterval(() => {}, 1000);`;

const holders: ChildProcess[] = [];
afterAll(() => {
  for (const child of holders) child.kill('SIGKILL');
});

async function holder(file: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', HOLDER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  holders.push(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

describe('one process at a time', () => {
  test('P5 has the file; once it was killed, the next one has it at once, with all that is in it', async () => {
    const file = await used();
    const child = await holder(file);
    expect(() => files.open(file)).toThrow(
      /another process uses the data file .*stop the other one, or choose another file/,
    );
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(await values(files.open(file), 'k')).toEqual(['1']);
  });

  test('has the file also against another node of the same process, and gives it back when it closes', async () => {
    const file = await used();
    const first = files.open(file);
    expect(() => files.open(file)).toThrow(/another process uses/);
    first.close();
    expect(await values(files.open(file), 'k')).toEqual(['1']);
    await expect(first.get('k')).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(put(first, 'k')).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  test('does not keep others from reading: a backup sees what is committed', async () => {
    const file = files.fresh();
    await put(files.open(file), 'k');
    const reader = new DatabaseSync(file, { readOnly: true });
    expect(reader.prepare('SELECT key FROM records').all()).toMatchObject([{ key: 'k' }]);
    reader.close();
  });
});

describe('the contents', () => {
  const idOf = (file: string) => {
    const store = files.open(file);
    store.close();
    return store.id;
  };

  test('P2 keep their id while the file stays in its place', async () => {
    const file = await used();
    expect(new Set([idOf(file), idOf(file), idOf(file)]).size).toBe(1);
  });

  test('P2 keep it when a process ends in the middle of its start', async () => {
    const file = await used();
    const id = idOf(file);
    const db = new DatabaseSync(file);
    const session = String(db.prepare(`SELECT value FROM node WHERE name = 'session'`).get()?.value);
    db.close();
    const inode = `${(await stat(file, { bigint: true })).ino}`;
    const guard = takeGuard(file);
    expect(guard.knows({ session, inode })).toBe(true);
    // It has drawn another mark, and not written it into the file.
    guard.expect({ session: 'another', inode });
    guard.release();
    expect(idOf(file)).toBe(id);
  });

  test('P2 R14 of a copy have another id', async () => {
    const file = await used();
    const id = idOf(file);
    const copy = files.fresh();
    for (const part of ['', '-lock']) await copyFile(`${file}${part}`, `${copy}${part}`);
    expect(idOf(copy)).not.toBe(id);
    expect(idOf(file)).toBe(id);
  });

  test('P2 R14 that were put back to an older state in the same file have another id, and say so', async () => {
    const file = await used();
    const older = files.fresh();
    await copyFile(file, older);
    const id = idOf(file);
    await copyFile(older, file);
    const warnings: unknown[] = [];
    const store = files.open(file, { log: { warn: (message) => void warnings.push(message), error: () => {} } });
    expect(store.id).not.toBe(id);
    expect(warnings).toEqual([expect.stringContaining('is a copy, or was put back')]);
    expect(await values(store, 'k')).toEqual(['1']);
  });

  test('P2 R14 without the file beside them have another id', async () => {
    const file = await used();
    const id = idOf(file);
    await rm(`${file}-lock`);
    expect(idOf(file)).not.toBe(id);
  });
});

describe('a file that is damaged', () => {
  test('P8 answers what it can read, says of the rest that it cannot, and the log says why, once', async () => {
    const file = files.fresh();
    const first = files.open(file);
    const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`);
    await Promise.all(keys.map((key) => put(first, key, `"${'x'.repeat(1000)}"`)));
    first.close();
    await spoilLeaf(file);
    const errors: string[] = [];
    const store = files.open(file, { log: { warn: () => {}, error: (message) => void errors.push(message) } });
    const found = await Promise.allSettled(keys.map((key) => store.get(key)));
    const failed = found.flatMap((each) => (each.status === 'rejected' ? each.reason : []));
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(keys.length);
    for (const error of failed)
      expect(error).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining('is damaged') });
    expect(errors).toEqual([expect.stringMatching(/the data file .*sqlite is damaged.*Restore it from a backup/)]);
    const lost = keys[found.findIndex(({ status }) => status === 'rejected')] as string;
    await expect(put(store, lost)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect((await put(store, 'other')).record.version).toBe(1);
  });

  /** Overwrites a page of records. */
  async function spoilLeaf(file: string): Promise<void> {
    const db = new DatabaseSync(file);
    const { pageno } = db
      .prepare(`SELECT pageno FROM dbstat WHERE name = 'records' AND pagetype = 'leaf' LIMIT 1 OFFSET 5`)
      .get() as { pageno: number };
    db.close();
    const handle = await openFile(file, 'r+');
    await handle.write(Buffer.alloc(4096, 0xff), 0, 4096, (pageno - 1) * 4096);
    await handle.close();
  }
});

describe('a file that is full', () => {
  test('P8 refuses what does not fit, loses nothing, and takes it once there is room', async () => {
    const file = files.fresh();
    const large = `"${'x'.repeat(100_000)}"`;
    const store = files.open(file, { limitBytes: 1024 * 1024 });
    const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`);
    const tries = await Promise.allSettled(keys.map((key) => put(store, key, large)));
    const failed = tries.flatMap((each) => (each.status === 'rejected' ? each.reason : []));
    expect(failed.length).toBeGreaterThan(5);
    expect(failed.length).toBeLessThan(15);
    for (const error of failed) expect(error).toMatchObject({ code: 'store_full' });
    const kept = keys.filter((_, i) => tries[i]?.status === 'fulfilled');
    expect((await store.list({ prefix: '', limit: 100, now: NOW })).heads.map(({ key }) => key)).toEqual(
      kept.toSorted(),
    );
    expect(await store.count(NOW)).toEqual({ count: kept.length, isAtLeast: false });
    expect(await store.backlogSize()).toMatchObject({ count: kept.length });
    const digests = await store.digests(ALL_GROUPS);
    for (const key of kept) await store.write(change(key));
    for (const key of kept) expect((await put(store, key, large)).record.version).toBe(3);
    store.close();
    const again = files.open(file);
    expect(await values(again, ...kept)).toEqual(kept.map(() => large));
    expect(await again.digests(ALL_GROUPS)).not.toEqual(digests);
    const record = { key: 'taken in', value: large, epoch: EPOCH, version: 1, updatedAt: NOW };
    expect(await again.apply(record)).toBe('applied');
  });
});
