// The store contract: writes that depend on what is there, and writes that are named.
import { describe, expect, test } from '@jest/globals';
import { TandemError } from '../../lib/errors.ts';
import { MAX_REMEMBERED, REMEMBERED_LAST, REMEMBERED_MS } from '../../lib/limits.ts';
import type { Derive, Store } from '../../lib/store/store.ts';
import { change, copy, EPOCH, type Fixture, NOW, written } from './fixture.ts';

const addOne: Derive = (live) => ({ value: `${Number(live?.value ?? 0) + 1}` });

export function derivedWritesContract(f: Fixture): void {
  const add = (store: Store, key = 'k', more: Parameters<typeof change>[2] = {}) =>
    store.write({ ...change(key, undefined, more), contents: addOne });
  const named = (id: string, value?: string, more: Parameters<typeof change>[2] = {}) =>
    f.store.write(change('k', value, { ...more, idempotencyKey: id }));

  describe('a write that derives its contents', () => {
    test('is given what is live, and writes what it makes of that', async () => {
      expect(await add(f.store)).toMatchObject({
        outcome: 'written',
        created: true,
        entry: { record: { value: '1' } },
      });
      expect(await add(f.store)).toMatchObject({ created: false, entry: { record: { value: '2', version: 2 } } });
      await f.store.write(change('k'));
      expect(await add(f.store)).toMatchObject({ created: true, entry: { record: { value: '1', version: 4 } } });
      await f.put('brief', '7', { expiresAt: NOW + 1 });
      expect(await add(f.store, 'brief', { now: NOW + 1 })).toMatchObject({ entry: { record: { value: '1' } } });
      expect((await f.store.get('brief'))?.record).not.toHaveProperty('expiresAt');
    });

    test('keeps the time at which it expires, if it says so', async () => {
      const keep: Derive = (live) => ({
        value: '2',
        ...(live?.expiresAt !== undefined && { expiresAt: live.expiresAt }),
      });
      await f.put('k', '1', { expiresAt: NOW + 9 });
      await f.store.write({ ...change('k'), contents: keep });
      expect((await f.store.get('k'))?.record).toMatchObject({ value: '2', expiresAt: NOW + 9 });
    });

    test('is refused with the reason that it gives, and has changed nothing', async () => {
      const { record } = await f.put('k');
      const because = new TandemError('invalid_body', 'no number');
      const refused = await f.store.write({ ...change('k'), contents: () => because });
      expect(refused).toMatchObject({ outcome: 'refused', because, current: { record } });
      expect((await f.store.get('k'))?.record).toEqual(record);
    });

    test('looks at its condition first', async () => {
      await f.put('k');
      const refused = await add(f.store, 'k', { condition: { ifNoneMatch: '*' } });
      expect(refused).toMatchObject({ outcome: 'refused' });
      expect(refused).not.toHaveProperty('because');
    });

    test('two hundred at once add up to two hundred', async () => {
      const results = await Promise.all(Array.from({ length: 200 }, () => add(f.store)));
      expect(new Set(results.map((result) => written(result).record.value)).size).toBe(200);
      expect((await f.store.get('k'))?.record.value).toBe('200');
    });

    test('takes the place of what other contents wrote, and has seen it', async () => {
      await f.store.apply(copy('k', 3, { value: '41' }));
      const { record } = written(await add(f.store, 'k', { epoch: EPOCH + 1 }));
      expect(record).toMatchObject({ value: '42', version: 4, base: { epoch: EPOCH, version: 3 } });
    });
  });

  describe('a write with an Idempotency-Key', () => {
    test('is done once: a repeat says what it was answered, whatever has been written since', async () => {
      const first = written(await named('one', '1'));
      expect(first.record.remembered).toEqual([{ id: 'one', epoch: EPOCH, version: 1, at: NOW, created: true }]);
      const write = { id: 'one', epoch: EPOCH, version: 1, created: true };
      expect(await named('one', '1')).toMatchObject({ outcome: 'repeated', write, entry: { record: first.record } });
      const second = await f.put('k', '2');
      expect(await named('one', '1')).toMatchObject({ outcome: 'repeated', write, entry: { record: second.record } });
      expect(await f.store.get('k')).toEqual(second);
    });

    test('of a deletion is remembered by the tombstone, and by what is written over it', async () => {
      await f.put('k');
      expect(await named('gone')).toMatchObject({ outcome: 'written', created: false });
      expect(await named('gone')).toMatchObject({ outcome: 'repeated', write: { version: 2 } });
      await f.put('k', '3');
      expect(await named('gone')).toMatchObject({ outcome: 'repeated', write: { version: 2 } });
      expect((await f.store.get('k'))?.record).toMatchObject({ value: '3', version: 3 });
    });

    test('repeats before its condition is looked at, which it has made untrue itself', async () => {
      const condition = { ifNoneMatch: '*' } as const;
      expect(await named('new', '1', { condition })).toMatchObject({ outcome: 'written' });
      expect(await named('new', '1', { condition })).toMatchObject({ outcome: 'repeated' });
      expect(await named('newer', '1', { condition })).toMatchObject({ outcome: 'refused' });
    });

    test('that was refused is not remembered', async () => {
      expect(await named('early')).toMatchObject({ outcome: 'refused' });
      await f.put('k');
      expect(await named('early')).toMatchObject({ outcome: 'written' });
    });

    const rememberedIds = async () => (await f.store.get('k'))?.record.remembered?.map(({ id }) => id);

    test(`is one of the last ${REMEMBERED_LAST} of its key: an older one is written again`, async () => {
      for (let i = 0; i <= REMEMBERED_LAST; i++) await named(`${i}`, `${i}`);
      expect(await rememberedIds()).toEqual(Array.from({ length: REMEMBERED_LAST }, (_, i) => `${i + 1}`));
      expect(await named('1', 'x')).toMatchObject({ outcome: 'repeated' });
      expect(await named('0', '"again"')).toMatchObject({ outcome: 'written' });
    });

    test('is the newest of its client: so it is known whatever others have written, for a while', async () => {
      const lastOnes = ['b:5', 'b:6', 'b:7', 'b:8', 'b:9', '1', '2', '3'];
      await named('a:1', '1');
      await named('a:2', '2');
      for (let i = 0; i <= 9; i++) await named(`b:${i}`, '3');
      for (const id of ['1', '2', '3']) await named(id, '4');
      expect(await rememberedIds()).toEqual(['a:2', ...lastOnes]);
      expect(await named('a:2', 'x')).toMatchObject({ outcome: 'repeated', write: { version: 2 } });
      await named('late', '5', { now: NOW + REMEMBERED_MS });
      expect(await rememberedIds()).toEqual([...lastOnes.slice(1), 'late']);
    });

    test(`is one of ${MAX_REMEMBERED} at most, of so many clients`, async () => {
      for (let i = 0; i <= MAX_REMEMBERED; i++) await named(`${i}:1`, `${i}`);
      expect(await rememberedIds()).toEqual(Array.from({ length: MAX_REMEMBERED }, (_, i) => `${i + 1}:1`));
    });

    test('keeps a short value that it has derived', async () => {
      const id = { idempotencyKey: 'inc' };
      await add(f.store, 'k', id);
      await add(f.store);
      expect(await add(f.store, 'k', id)).toMatchObject({ outcome: 'repeated', write: { version: 1, value: '1' } });
    });

    test('goes with the record to the other node', async () => {
      const { record } = written(await named('one', '1'));
      const other = await f.create();
      await other.apply(record);
      expect((await other.get('k'))?.record).toEqual(record);
      expect(await other.write(change('k', '1', { epoch: EPOCH + 1, idempotencyKey: 'one' }))).toMatchObject({
        outcome: 'repeated',
      });
    });

    test('of many at once that are one is done once', async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, () => add(f.store, 'k', { idempotencyKey: 'same' })),
      );
      expect(results.map(({ outcome }) => outcome).sort()).toEqual([...Array(19).fill('repeated'), 'written'].sort());
      expect((await f.store.get('k'))?.record.value).toBe('1');
    });
  });

  if (f.engine.durable) {
    const { another } = f.engine.durable;
    test('two processes that derive from one key at once lose nothing', async () => {
      const other = await another(f.store);
      const both = [f.store, other].flatMap((store) => Array.from({ length: 20 }, () => add(store)));
      await Promise.all(both);
      expect((await f.store.get('k'))?.record.value).toBe('40');
    });
  }
}
