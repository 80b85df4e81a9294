// A record is checked as strictly when the replica sends it as when the primary does.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { divergentKey, divergentPrefix } from '../../../lib/divergent.ts';
import { MAX_KEY_BYTES, MAX_STAMP_PART, MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from '../../../lib/limits.ts';
import { checkBatch, withRefusals } from '../../../lib/peer/check-records.ts';
import { PeerError } from '../../../lib/peer/peer.ts';
import {
  BatchSchema,
  HandshakeSchema,
  QuestionSchema,
  RecordsAnswerSchema,
  StampOnPage,
  SwitchoverSchema,
} from '../../../lib/peer/wire.ts';
import { type FakePeer, startFakePeer } from '../../support/fake-peer.ts';

const RECORD = { key: 'k', value: '1', epoch: 1, version: 1, updatedAt: 1 };
const YEAR_MS = 366 * 24 * 60 * 60 * 1000;
/** The last time that a Date can tell. */
const LAST_TIME = 8_640_000_000_000_000;

let fake: FakePeer;
beforeAll(async () => {
  fake = await startFakePeer();
});
afterAll(() => fake.stop());

/** The same record on its way to the replica, in an answer, and in an answer over HTTP. */
async function takenAs(record: object): Promise<{ batch: boolean; answer: boolean; overHttp: boolean }> {
  const { key } = { ...RECORD, ...record };
  const epoch = Date.now() + YEAR_MS / 2;
  fake.answer({ records: [record], asked: 1 });
  const asked = await fake.peer.records({ from: 'a', to: 'r', keys: [key] }).catch((error) => error);
  if (asked instanceof Error) expect(asked).toBeInstanceOf(PeerError);
  return {
    batch: v.safeParse(BatchSchema, { from: 'a', to: 'r', epoch, records: [record] }).success,
    answer: v.safeParse(RecordsAnswerSchema, { records: [record], asked: 1 }).success,
    overHttp: !(asked instanceof Error) && asked.records.length === 1,
  };
}

/** The key under which a write of a key is listed as divergent. */
const listed = (key: string, part = 1) => divergentKey({ key, epoch: part, version: part });
const [MARK = ''] = divergentPrefix('k');
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('P8 a record is refused in both directions with', () => {
  test.each<[string, object]>([
    ['a time that no calendar has', { updatedAt: 9e15 }],
    ['a time of a fraction', { updatedAt: 1.5 }],
    ['a time before 1970', { updatedAt: -1 }],
    ['an expiry that no calendar has', { expiresAt: 9e15 }],
    ['an expiry that is no number', { expiresAt: '2026-01-01' }],
    ['no time', { updatedAt: undefined }],
    ['a value that is not JSON', { value: 'hello' }],
    ['a value with a name twice', { value: '{"a":1,"a":2}' }],
    ['a value with half a surrogate pair', { value: '"\\ud800"' }],
    ['a value that is no text', { value: 1 }],
    ['a value of null', { value: null }],
    ['a value too large', { value: `"${'x'.repeat(MAX_VALUE_BYTES)}"` }],
    ['a value too large in bytes only', { value: `"${'é'.repeat(MAX_VALUE_BYTES / 2)}"` }],
    ['a value too deep', { value: nested(MAX_VALUE_DEPTH + 1) }],
    ['a value that a recursive reader would not survive', { value: nested(100_000) }],
    ['a key of 5,000 bytes', { key: 'k'.repeat(5000) }],
    ['a key too long in bytes only', { key: 'é'.repeat(MAX_KEY_BYTES / 2 + 1) }],
    ['an empty key', { key: '' }],
    ['half a surrogate pair as the key', { key: '\ud800' }],
    ['a key that is no text', { key: 1 }],
    ['a version of 2^53', { version: 2 ** 53 }],
    ['a version of 2^48 + 1', { version: MAX_STAMP_PART + 1 }],
    ['a version of 0', { version: 0 }],
    ['a version of a fraction', { version: 1.5 }],
    ['no version', { version: undefined }],
    ['an epoch far in the future', { epoch: Date.now() + 2 * YEAR_MS }],
    ['an epoch of 2^53', { epoch: 2 ** 53 }],
    ['an epoch of 0', { epoch: 0 }],
    ['a base as new as itself', { base: { epoch: 1, version: 1 } }],
    ['a base of a later epoch', { base: { epoch: 2, version: 1 } }],
    ['a base of a later version', { version: 2, base: { epoch: 1, version: 3 } }],
    ['a base of half a stamp', { version: 2, base: { epoch: 1 } }],
    ['a base with an epoch of 0', { base: { epoch: 0, version: 1 } }],
    ['a base with a version of 2^53', { epoch: 2, base: { epoch: 1, version: 2 ** 53 } }],
    ['a base that is no stamp', { base: '1-1' }],
    ['a base of null', { base: null }],
    ['written alone since its own epoch', { ownSince: 1 }],
    ['written alone since an epoch of 0', { epoch: 2, ownSince: 0 }],
    ['written alone since no number', { epoch: 2, ownSince: '1' }],
    ['a writer that is no text', { writer: 1 }],
    ['a writer of null', { writer: null }],
    ['an empty writer', { writer: '' }],
    ['a writer of 15 digits', { writer: 'a'.repeat(15) }],
    ['a writer of 17 digits', { writer: 'a'.repeat(17) }],
    ['a writer in capitals', { writer: 'A'.repeat(16) }],
    ['a writer that is not hexadecimal', { writer: 'g'.repeat(16) }],
    ['a writer of another line', { writer: `${'a'.repeat(16)}\n` }],
    ['a divergent write of a key that is too long', { key: listed('k'.repeat(MAX_KEY_BYTES + 1)) }],
    ['a divergent write of a key too long in bytes only', { key: listed('é'.repeat(MAX_KEY_BYTES / 2 + 1)) }],
    ['a divergent write of the empty key', { key: listed('') }],
    ['a divergent write of a divergent write', { key: listed(listed('k')) }],
    ['a divergent write of half a surrogate pair', { key: listed('\ud800') }],
    ['the mark of a divergent write alone', { key: MARK }],
    ['a divergent write without a stamp', { key: divergentPrefix('k') }],
    ['a divergent write with half a stamp', { key: `${divergentPrefix('k')}1` }],
    ['a divergent write with a version of 0', { key: `${divergentPrefix('k')}1 0` }],
    ['a divergent write in another spelling', { key: `${divergentPrefix('k')}01 1` }],
    ['the mark of a divergent write in a key', { key: `k${MARK}1 1` }],
    ['a listed value too large', { key: listed('k'), value: `{"value":"${'x'.repeat(MAX_VALUE_BYTES - 1)}"}` }],
    ['a listed value too deep', { key: listed('k'), value: `{"value":${nested(MAX_VALUE_DEPTH + 1)}}` }],
    ['a listed value that is not JSON', { key: listed('k'), value: '{"value":}' }],
    ['a value as deep as a listed one, of a client', { value: `{"value":${nested(MAX_VALUE_DEPTH)}}` }],
  ])('%s', async (_, more) => {
    expect(await takenAs({ ...RECORD, ...more })).toEqual({ batch: false, answer: false, overHttp: false });
  });
});

describe('a record is taken in both directions with', () => {
  const { value: _value, ...tombstone } = RECORD;
  test.each<[string, object]>([
    ['a value', RECORD],
    ['no value: a deletion', tombstone],
    ['an expiry', { ...RECORD, expiresAt: 2 }],
    ['written alone since an earlier epoch', { ...RECORD, epoch: 2, ownSince: 1 }],
    ['a base of an earlier version', { ...RECORD, version: 2, base: { epoch: 1, version: 1 } }],
    ['a base of an earlier epoch', { ...RECORD, epoch: 2, base: { epoch: 1, version: MAX_STAMP_PART } }],
    ['the longest key', { ...RECORD, key: 'é'.repeat(MAX_KEY_BYTES / 2) }],
    ['the largest value', { ...RECORD, value: `"${'x'.repeat(MAX_VALUE_BYTES - 2)}"` }],
    ['the deepest value', { ...RECORD, value: nested(MAX_VALUE_DEPTH) }],
    ['the last version', { ...RECORD, version: MAX_STAMP_PART }],
    ['the last time', { ...RECORD, updatedAt: LAST_TIME, expiresAt: LAST_TIME }],
    ['an epoch of a clock that is ahead', { ...RECORD, epoch: Date.now() + YEAR_MS / 4 }],
    ['a writer', { ...RECORD, writer: '0123456789abcdef' }],
    ['a divergent write', { ...RECORD, key: listed('k'), value: '{"value":1}' }],
    ['a divergent deletion', { ...RECORD, key: listed('k'), value: '{"deleted":true}' }],
    ['a divergent write that was acknowledged', { ...tombstone, key: listed('k') }],
    ['a divergent write of the longest key', { ...RECORD, key: listed('é'.repeat(MAX_KEY_BYTES / 2)) }],
    ['a divergent write of a key like a name', { ...RECORD, key: listed('1 1 😀') }],
    ['a divergent write of the last stamp', { ...RECORD, key: listed('k', MAX_STAMP_PART) }],
    [
      'the largest listed value',
      { ...RECORD, key: listed('k'), value: `{"value":"${'x'.repeat(MAX_VALUE_BYTES - 2)}"}` },
    ],
    ['the deepest listed value', { ...RECORD, key: listed('k'), value: `{"value":${nested(MAX_VALUE_DEPTH)}}` }],
  ])('%s', async (_, record) => {
    expect(await takenAs(record)).toEqual({ batch: true, answer: true, overHttp: true });
  });
});

describe('P8 one record that is refused', () => {
  const bad = { ...RECORD, key: 'bad', version: 2 ** 53 };

  test('holds up none of the others of its batch', async () => {
    const checked = await checkBatch({ from: 'a', to: 'r', epoch: 1, records: [bad, RECORD] });
    expect(checked).toEqual({
      batch: { from: 'a', to: 'r', epoch: 1, records: [RECORD] },
      refusals: [expect.stringMatching(/^version: /), undefined],
    });
  });

  test('is refused with the reason that its base is wrong', async () => {
    const newer = { ...RECORD, base: { epoch: 1, version: 2 } };
    const checked = await checkBatch({
      from: 'a',
      to: 'r',
      epoch: 1,
      records: [newer, { ...RECORD, base: {} }, RECORD],
    });
    expect(checked).toMatchObject({
      batch: { records: [RECORD] },
      refusals: ['base: is not older than the record', expect.stringMatching(/^base\.epoch: /), undefined],
    });
  });

  test('is answered in its place', () => {
    const answers = withRefusals([{ outcome: 'applied' }], ['version: too high', undefined]);
    expect(answers).toEqual([{ outcome: 'failed', error: 'version: too high' }, { outcome: 'applied' }]);
  });

  test('may be of a later epoch than its sender', async () => {
    const checked = await checkBatch({ from: 'a', to: 'r', epoch: 1, records: [{ ...RECORD, epoch: 2 }] });
    expect(checked).toMatchObject({ batch: { records: [] }, refusals: [expect.stringMatching(/^epoch: /)] });
  });

  test('does not let a batch through that is wrong as a whole', async () => {
    expect(await checkBatch({ from: 'a', to: 'r', epoch: 2 ** 53, records: [RECORD] })).not.toHaveProperty('batch');
    expect(await checkBatch({ from: 'a', to: 'r', epoch: 1, records: Array(501).fill(RECORD) })).not.toHaveProperty(
      'batch',
    );
    expect(await checkBatch(null)).not.toHaveProperty('batch');
  });
});

describe('a question', () => {
  const sender = { from: 'a', to: 'r', epoch: 1 };

  test.each<[string, object]>([
    ['digests', {}],
    ['the digests of some groups', { groups: [0, 127] }],
    ['the stamps in some buckets', { buckets: [0], cursor: '1 0' }],
    ['the records of some keys, divergent writes among them', { keys: ['k', listed('k')] }],
    ['live records', { after: 'k' }],
    ['the first live records', { after: null }],
    ['what is owed', { owedAfter: null }],
    ['what is owed after a divergent write', { owedAfter: `1 ${listed('k')}` }],
    ['what is owed after the longest key', { owedAfter: `${LAST_TIME} ${'é'.repeat(MAX_KEY_BYTES / 2)}` }],
  ])('for %s is what it was sent as', (_, asked) => {
    const sent = JSON.parse(JSON.stringify({ ...sender, ...asked }));
    expect(v.parse(QuestionSchema, sent)).toEqual({ ...sender, ...asked });
  });

  test.each<[string, object]>([
    ['of a group that there is not', { groups: [128] }],
    ['of a key that is half a surrogate pair', { keys: ['\ud800'] }],
    ['after a divergent write, among live records', { after: listed('k') }],
    ['of what is owed after something that is no place', { owedAfter: 'k' }],
    ['of what is owed after a place of 5,000 characters', { owedAfter: `1 ${'k'.repeat(5000)}` }],
    ['for two things', { owedAfter: null, after: null }],
    ['for what there is not', { everything: true }],
  ])('P8 %s is none', (_, asked) => {
    expect(v.safeParse(QuestionSchema, { ...sender, ...asked }).success).toBe(false);
  });

  test('R5 R11 for the lead is addressed, and says nothing more', () => {
    expect(v.safeParse(SwitchoverSchema, { from: 'b', to: 'a' }).success).toBe(true);
    for (const wrong of [{ from: 'b' }, { to: 'a' }, { from: 'b', to: '' }, { from: 'b', to: 'a', force: true }])
      expect(v.safeParse(SwitchoverSchema, wrong).success).toBe(false);
  });
});

test('a stamp is one of a divergent write, too', () => {
  const stamp = { key: listed('k'), epoch: 1, version: 1 };
  expect(v.parse(StampOnPage, stamp)).toEqual(stamp);
  expect(v.safeParse(StampOnPage, { ...stamp, key: divergentPrefix('k') }).success).toBe(false);
});

describe('what a node says of itself', () => {
  const said = { role: 'replica', id: 'r', state: 'serving', highestEpoch: 0 };

  test.each<[string, object]>([
    ['no more than what it is', {}],
    ['that it is switching', { role: 'primary', state: 'switching' }],
    ['what it owes and holds', { owed: 0, keys: 7 }],
    ['whom it gave the lead', { grant: { to: 'other', epoch: 1 } }],
  ])('may be %s', (_, more) => {
    expect(v.parse(HandshakeSchema, { ...said, ...more })).toEqual({ ...said, ...more });
  });

  test.each<[string, object]>([
    ['that it is fenced: there is no such state any more', { state: 'fenced' }],
    ['a negative number of records', { owed: -1 }],
    ['a fraction of keys', { keys: 1.5 }],
    ['more keys than can be counted', { keys: 2 ** 53 }],
    ['a grant to nobody', { grant: { to: '', epoch: 1 } }],
    ['a grant of no epoch', { grant: { to: 'other', epoch: 0 } }],
    ['a grant in the far future', { grant: { to: 'other', epoch: Date.now() + 2 * YEAR_MS } }],
    ['a grant that is none', { grant: true }],
  ])('P8 cannot be %s', (_, more) => {
    expect(v.safeParse(HandshakeSchema, { ...said, ...more }).success).toBe(false);
  });
});
