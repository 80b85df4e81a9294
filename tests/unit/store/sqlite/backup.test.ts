// A copy of a data file, taken while its node writes, and put in its place again.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from '@jest/globals';
import { backUp, restore } from '../../../../lib/store/sqlite/backup.ts';
import type { Store } from '../../../../lib/store/store.ts';
import { change, EPOCH, NOW, written } from '../../../contract/fixture.ts';
import { dataFiles } from '../../../support/sqlite.ts';

const files = dataFiles();
const node = 'primary';
const put = async (store: Store, key: string, value: string) => written(await store.write(change(key, value)));
const storedIn = async (store: Store, key: string) => (await store.get(key))?.record.value;

test('P5 a copy that is taken beside writes has what was answered before it, and no half of anything', async () => {
  const file = files.fresh();
  const store = files.open(file);
  for (let i = 0; i < 20; i++) await put(store, `before-${i}`, '1');
  const underWay = Array.from({ length: 50 }, (_, i) => put(store, `beside-${i}`, '1'));
  const copy = files.fresh();
  const { records, bytes } = backUp({ file, node }, copy);
  await Promise.all(underWay);
  expect(bytes).toBeGreaterThan(0);
  expect(records).toBeGreaterThanOrEqual(20);
  const restored = files.open(copy);
  expect(restored.id).not.toBe(store.id);
  expect((await restored.list({ prefix: 'before-', limit: 100, now: NOW })).heads).toHaveLength(20);
  expect(await restored.count(NOW)).toEqual({ count: records, isAtLeast: false });
  // The node goes on with what it has, and is the same.
  store.close();
  expect(files.open(file).id).toBe(store.id);
});

test('P2 P5 R14 restored, a node has what it had then, under another id, and what was there before is kept', async () => {
  const file = files.fresh();
  const first = files.open(file);
  await put(first, 'k', '"then"');
  await first.completed();
  await first.nodeState?.claimEpoch(EPOCH);
  const copy = files.fresh();
  backUp({ file, node }, copy);
  await put(first, 'k', '"since"');
  expect(() => restore({ file, node }, copy)).toThrow(/another process uses the data file/);
  first.close();
  const { kept, records } = restore({ file, node }, copy);
  expect(records).toBe(1);
  const restored = files.open(file);
  expect(restored.id).not.toBe(first.id);
  expect(await restored.isComplete()).toBe(false);
  expect(await restored.nodeState?.epochs()).toEqual({ highest: EPOCH, by: first.id });
  expect(await storedIn(restored, 'k')).toBe('"then"');
  expect(await storedIn(files.open(kept as string), 'k')).toBe('"since"');
  // The copy is as it was: it may be restored again.
  restored.close();
  const again = restore({ file, node }, copy);
  expect(again.kept).not.toBe(kept);
  expect(files.open(file).id).not.toBe(restored.id);
});

test('P5 a data file that is damaged gives way to a copy, and is kept', async () => {
  const file = files.fresh();
  const first = files.open(file);
  await put(first, 'k', '1');
  const copy = files.fresh();
  backUp({ file, node }, copy);
  first.close();
  await writeFile(file, 'damaged');
  const { kept } = restore({ file, node }, copy);
  expect(await readFile(kept as string, 'utf8')).toBe('damaged');
  expect(await storedIn(files.open(file), 'k')).toBe('1');
});

test('what cannot be copied or restored is named, and nothing changes', async () => {
  const file = files.fresh();
  const store = files.open(file);
  await put(store, 'k', '1');
  const copy = files.fresh();
  expect(() => backUp({ file: files.fresh(), node }, copy)).toThrow(/There is no data file/);
  expect(() => backUp({ file, node: 'replica' }, copy)).toThrow(/is the data file of the node 'primary'/);
  expect(() => backUp({ file, node }, file)).toThrow(/is there already/);
  backUp({ file, node }, copy);
  store.close();
  expect(() => restore({ file, node }, files.fresh())).toThrow(/There is no file/);
  expect(() => restore({ file, node: 'replica' }, copy)).toThrow(/is the data file of the node 'primary'/);
  const wrong = files.fresh();
  const db = new DatabaseSync(wrong);
  db.exec('CREATE TABLE t (x)');
  db.close();
  expect(() => restore({ file, node }, wrong)).toThrow(/is a database of another program/);
  const spoilt = files.fresh();
  await copyFile(copy, spoilt);
  const bytes = await readFile(spoilt);
  await writeFile(spoilt, bytes.fill(0xff, 4096, 8 * 4096));
  expect(() => restore({ file, node }, spoilt)).toThrow(/is damaged/);
  const again = files.open(file);
  expect(again.id).toBe(store.id);
  expect(await storedIn(again, 'k')).toBe('1');
});
