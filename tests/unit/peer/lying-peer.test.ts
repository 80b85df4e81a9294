// A peer that answers in the right shape, and not the truth: of what it says only what was asked for is kept, and what
// cannot be true is no answer.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BUCKETS, BUCKETS_PER_GROUP, bucketOf, GROUPS } from '../../../lib/digest.ts';
import { MAX_ANSWER_BYTES } from '../../../lib/limits.ts';
import type { Peer } from '../../../lib/peer/peer.ts';
import { type FakePeer, startFakePeer } from '../../support/fake-peer.ts';
import { MAX_RATIO, namesOf, stallOf, WORST_VALUE } from '../../support/stall.ts';

const EPOCH = 1_763_790_000_000;
const FUTURE = Date.now() + 10 * 366 * 24 * 60 * 60 * 1000;
const SENDER = { from: 'p', to: 'r' };
const MALFORMED = { name: 'PeerError', message: expect.stringMatching(/^replica gave a malformed answer/) };

let fake: FakePeer;
let peer: Peer;
beforeAll(async () => {
  fake = await startFakePeer();
  peer = fake.peer;
});
afterAll(() => fake.stop());

const record = (key: string, more = {}) => ({ key, value: '1', epoch: EPOCH, version: 1, updatedAt: EPOCH, ...more });
const stamp = (key: string, more = {}) => ({ key, epoch: EPOCH, version: 1, ...more });
const sums = (count: number, sum = '0') => Array.from({ length: count }, () => sum);

describe('records', () => {
  const ask = () => peer.records({ ...SENDER, keys: ['a', 'b', 'c'], epoch: EPOCH });
  const keys = async () => (await ask()).records.map(({ key }) => key);

  test('P8 that nobody asked for are dropped, and the others kept', async () => {
    fake.answer({ records: [record('z'), record('a'), record('__proto__'), record('b')], asked: 3 });
    expect(await keys()).toEqual(['a', 'b']);
  });

  test('P8 of keys beyond those that it has looked for are dropped: they come with the next question', async () => {
    fake.answer({ records: [record('a'), record('b'), record('c')], asked: 2 });
    expect(await keys()).toEqual(['a', 'b']);
  });

  test.each<[string, object]>([
    ['more keys looked for than asked', { records: [], asked: 4 }],
    ['no key looked for, which would go on for ever', { records: [], asked: 0 }],
    ['a negative number of keys', { records: [], asked: -1 }],
    ['no number of keys', { records: [] }],
    ['501 records', { records: Array.from({ length: 501 }, () => record('a')), asked: 3 }],
  ])('P8 with %s are no answer', async (_, answer) => {
    fake.answer(answer);
    await expect(ask()).rejects.toMatchObject(MALFORMED);
  });

  test.each<[string, object]>([
    ['a later epoch than the asking primary’s', { epoch: EPOCH + 1 }],
    ['a version of 2^53', { version: 2 ** 53 }],
    ['a value that is not JSON', { value: 'hello' }],
    ['a time that no calendar has', { updatedAt: 9e15 }],
  ])('P8 with %s are left out and counted, and hold up none of the others', async (_, more) => {
    fake.answer({ records: [record('a', more), record('b')], asked: 3 });
    expect(await ask()).toEqual({ records: [record('b')], asked: 3, refused: 1 });
  });

  test('of any epoch are taken by a primary that recovers, and has none yet', async () => {
    fake.answer({ records: [record('a', { epoch: EPOCH + 1 })], asked: 1 });
    expect(await peer.records({ ...SENDER, keys: ['a'] })).toMatchObject({ records: [{ epoch: EPOCH + 1 }] });
  });
});

describe('a page of records', () => {
  const ask = () => peer.page({ ...SENDER, after: null, epoch: EPOCH });

  test('P8 is taken without the records that cannot be true, which are counted', async () => {
    fake.answer({
      records: [record('a', { version: 2 ** 53 }), record('b'), record('c', { epoch: EPOCH + 1 })],
      last: 'c',
    });
    expect(await ask()).toEqual({ records: [record('b')], last: 'c', refused: 2 });
  });

  test.each<[string, object]>([
    ['501 records', { records: Array.from({ length: 501 }, () => record('a')) }],
    ['a last key that is none', { records: [], last: '' }],
    ['a last key of 5,000 bytes', { records: [], last: 'k'.repeat(5000) }],
    ['no records', { last: 'a' }],
  ])('P8 with %s is no answer', async (_, answer) => {
    fake.answer(answer);
    await expect(ask()).rejects.toMatchObject(MALFORMED);
  });
});

describe('stamps', () => {
  const ask = () => peer.stamps({ ...SENDER, buckets: [bucketOf('a')] });

  test('P8 of other buckets are dropped, and the others kept', async () => {
    const [one, other] = [stamp('a'), stamp('b')];
    expect(bucketOf('b')).not.toBe(bucketOf('a'));
    fake.answer({ stamps: [other, one], cursor: '12 a' });
    expect(await ask()).toEqual({ stamps: [one], cursor: '12 a', refused: 0 });
  });

  test.each<[string, object]>([
    ['a cursor of 5,000 characters', { stamps: [], cursor: `1 ${'k'.repeat(5000)}` }],
    ['a cursor of another shape', { stamps: [], cursor: 'next' }],
  ])('P8 with %s are no answer', async (_, answer) => {
    fake.answer(answer);
    await expect(ask()).rejects.toMatchObject(MALFORMED);
  });
});

describe('a stamp', () => {
  test.each<[string, object]>([
    ['a version of 2^53', stamp('a', { version: 2 ** 53 })],
    ['a version of 2^48 + 1', stamp('a', { version: 2 ** 48 + 1 })],
    ['an epoch far in the future', stamp('a', { epoch: FUTURE })],
    ['a key of 5,000 bytes', stamp('k'.repeat(5000))],
    ['a time of death that no calendar has', stamp('a', { deadAt: 9e15 })],
  ])('P8 with %s is left out and counted, and holds up none of the others', async (_, wrong) => {
    fake.answer({ stamps: [wrong, stamp('a')] });
    expect(await peer.stamps({ ...SENDER, buckets: [bucketOf('a')] })).toEqual({ stamps: [stamp('a')], refused: 1 });
  });
});

describe('a page of what is owed', () => {
  const ask = () => peer.owed({ ...SENDER, epoch: EPOCH, owedAfter: null });

  test('P8 is taken without the stamps that cannot be true, which are counted', async () => {
    fake.answer({ stamps: [stamp('a', { version: 0 }), stamp('b'), stamp('\ud800')], cursor: '12 b' });
    expect(await ask()).toEqual({ stamps: [stamp('b')], cursor: '12 b', refused: 2 });
  });

  test('P8 with a cursor of 5,000 characters is no answer', async () => {
    fake.answer({ stamps: [], cursor: `1 ${'k'.repeat(5000)}` });
    await expect(ask()).rejects.toMatchObject(MALFORMED);
  });
});

describe('a grant', () => {
  const ask = () => peer.switchover(SENDER);

  test('tells who leads, and in which epoch', async () => {
    fake.answer({ to: 'p', epoch: EPOCH });
    expect(await ask()).toEqual({ to: 'p', epoch: EPOCH });
  });

  test.each<[string, object]>([
    ['nobody', { to: '', epoch: EPOCH }],
    ['no epoch', { to: 'p' }],
    ['an epoch far in the future', { to: 'p', epoch: FUTURE }],
    ['an epoch of 2^53', { to: 'p', epoch: 2 ** 53 }],
  ])('P8 to or in %s is none', async (_, answer) => {
    fake.answer(answer);
    await expect(ask()).rejects.toMatchObject(MALFORMED);
  });
});

describe('digests', () => {
  test('may be of all groups, or of none where the node would have to read all its records', async () => {
    for (const count of [GROUPS, 0]) {
      fake.answer({ sums: sums(count, 'f') });
      expect((await peer.digest(SENDER)).sums).toEqual(Array(count).fill(15n));
    }
  });

  test.each<[string, readonly number[] | undefined, object]>([
    ['one sum', undefined, { sums: sums(1) }],
    ['a sum too few', undefined, { sums: sums(GROUPS - 1) }],
    ['a sum too many', undefined, { sums: sums(GROUPS + 1) }],
    ['no sums of groups that were asked for', [3], { sums: [] }],
    ['a bucket too few', [3, 4], { sums: sums(2 * BUCKETS_PER_GROUP - 1) }],
    ['a bucket too many', [3], { sums: sums(BUCKETS_PER_GROUP + 1) }],
    ['more sums than there are buckets', undefined, { sums: sums(BUCKETS + 1) }],
    ['a sum of 68 bits', undefined, { sums: sums(GROUPS, '10000000000000000') }],
    ['a negative sum', undefined, { sums: sums(GROUPS, '-1') }],
    ['sums that are numbers', undefined, { sums: Array(GROUPS).fill(0) }],
  ])('P8 with %s are no answer', async (_, groups, answer) => {
    fake.answer(answer);
    await expect(peer.digest({ ...SENDER, ...(groups && { groups }) })).rejects.toMatchObject(MALFORMED);
  });
});

describe('the answer to a batch', () => {
  const replicate = () => peer.replicate({ ...SENDER, epoch: EPOCH, records: [record('a'), record('b')] });

  test.each<[string, object]>([
    ['an outcome too few', { answers: [{ outcome: 'applied' }] }],
    ['an outcome too many', { answers: Array(3).fill({ outcome: 'applied' }) }],
    ['an outcome that does not exist', { answers: Array(2).fill({ outcome: 'promised' }) }],
    ['a failure without a reason', { answers: Array(2).fill({ outcome: 'failed' }) }],
  ])('P2 P8 with %s acknowledges nothing', async (_, answer) => {
    fake.answer(answer);
    await expect(replicate()).rejects.toMatchObject(MALFORMED);
  });

  test('P8 with an endless reason has it cut: a key’s status has ten of them', async () => {
    const failed = { outcome: 'failed', error: 'x'.repeat(100_000) };
    fake.answer({ answers: [failed, failed] });
    const { answers } = await replicate();
    expect(answers).toEqual(Array(2).fill({ outcome: 'failed', error: 'x'.repeat(500) }));
  });
});

describe('a handshake', () => {
  const own = { role: 'primary', id: 'p', state: 'serving', highestEpoch: EPOCH } as const;
  const good = { role: 'replica', id: 'r', state: 'serving', highestEpoch: 0 };

  test('tells what the other node is', async () => {
    fake.answer(good);
    expect(await peer.handshake(own)).toEqual(good);
  });

  test.each<[string, object]>([
    ['an epoch far in the future', { highestEpoch: FUTURE }],
    ['an epoch of 2^53', { highestEpoch: 2 ** 53 }],
    ['no contents id', { id: '' }],
    ['a contents id of 5,000 characters', { id: 'r'.repeat(5000) }],
    ['a role that does not exist', { role: 'king' }],
    ['a state that does not exist', { state: 'fine' }],
    ['a grant in the far future', { grant: { to: 'r', epoch: FUTURE } }],
    ['a negative number of records that it owes', { owed: -1 }],
  ])('P8 with %s is none', async (_, more) => {
    fake.answer({ ...good, ...more });
    await expect(peer.handshake(own)).rejects.toMatchObject(MALFORMED);
  });
});

test.each([FUTURE, 2 ** 53, -1, 1.5, '9'])(
  'P8 a refusal for the epoch %p makes nobody step down',
  async (highestEpoch) => {
    fake.answer({ code: 'stale_epoch', highestEpoch }, 409);
    const error = await peer.digest(SENDER).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'PeerError', message: 'replica answered 409' });
    expect(error.failure).toEqual({});
  },
);

test.each(['', 'r'.repeat(5000), 7])('P8 a refusal for the contents %p is one like any other', async (id) => {
  fake.answer({ code: 'other_contents', id }, 409);
  const error = await peer.digest(SENDER).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: 'PeerError', message: 'replica answered 409', failure: {} });
});

describe('P8 no answer stalls the node that asked', () => {
  const list = (item: string, bytes: number) => `[${`${item},`.repeat(bytes / (item.length + 1))}${item}]`;
  const message = (members: string) => `{"protocol":2,${members}}`;
  const asks: Readonly<Record<string, () => Promise<unknown>>> = {
    outcomes: () => peer.replicate({ ...SENDER, epoch: EPOCH, records: [record('a')] }),
    digests: () => peer.digest(SENDER),
    stamps: () => peer.stamps({ ...SENDER, buckets: [bucketOf('a')] }),
    records: () => peer.records({ ...SENDER, keys: ['a'] }),
    'a page': () => peer.page({ ...SENDER, after: null }),
    'what is owed': () => peer.owed({ ...SENDER, owedAfter: null }),
    'what it is': () => peer.handshake({ role: 'primary', id: 'p', state: 'serving', highestEpoch: 1 }),
  };

  test.each<[string, string, number]>([
    ['brackets', '['.repeat(MAX_ANSWER_BYTES - 100), 200],
    ['brackets, as a refusal', '['.repeat(MAX_ANSWER_BYTES - 100), 500],
    ['a million values', list('1', 2_000_000), 200],
    ['distinct names', namesOf(2_000_000), 200],
  ])('of %s', async (_, text, status) => {
    fake.answerText(text, status);
    expect(await stallOf(() => expect(peer.digest(SENDER)).rejects.toThrow(/^replica/))).toBeLessThan(MAX_RATIO);
  });

  test.each(Object.entries(asks))('about %s with as many items as it may have, all of them wrong', async (_, ask) => {
    const names = ['answers', 'sums', 'stamps', 'records'];
    fake.answerText(message(names.map((name) => `"${name}":${list('{}', 15_000)}`).join(',')));
    expect(await stallOf(() => expect(ask()).rejects.toThrow(/malformed answer/))).toBeLessThan(MAX_RATIO);
  });

  test('about records with as many of the worst values as fit in', async () => {
    const worst = JSON.stringify(record('a', { value: WORST_VALUE }));
    fake.answerText(message(`"asked":1,"records":${list(worst, MAX_ANSWER_BYTES - 3 * worst.length)}`));
    let answer: unknown;
    const stall = await stallOf(async () => {
      answer = await asks.records?.();
    });
    expect(answer).toMatchObject({ asked: 1, refused: 0 });
    expect(stall).toBeLessThan(MAX_RATIO);
  });
});
