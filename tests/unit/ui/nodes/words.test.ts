// Words for what the nodes tell: epochs, tokens, addresses, faults, values.
import { describe, expect, test } from '@jest/globals';
import { addressIn, nodesIn, paceOf } from '../../../../ui/nodes/addresses.ts';
import { describeFault, type ToldFault, withFault, withoutKind } from '../../../../ui/nodes/faults.ts';
import { elementsIn, prettyJson, valueIn } from '../../../../ui/nodes/json-text.ts';
import { hintText, recipientsText } from '../../../../ui/nodes/token-words.ts';
import { age, count, duration, shortEpoch } from '../../../../ui/nodes/words.ts';

test('numbers and times are short', () => {
  expect([count(1, 'key'), count(1200, 'key')]).toEqual(['1 key', '1,200 keys']);
  expect([age(-5), age(89_000), age(90_000), age(7_200_000)]).toEqual(['0 s', '89 s', '2 min', '2 h']);
  expect([duration(3.4), duration(1234), duration(45_000), duration(200_000)]).toEqual([
    '3 ms',
    '1.2 s',
    '45 s',
    '3 min',
  ]);
});

test('an epoch is the time of day at which it began, with the day if that was another', () => {
  const begun = new Date(2026, 10, 22, 7, 5, 9).getTime();
  expect(shortEpoch(begun, begun + 60_000)).toBe('07:05:09');
  expect(shortEpoch(begun, begun + 86_400_000)).toBe('2026-11-22 07:05:09');
});

describe('addresses', () => {
  test('come from the link that opened the page, unless they were typed in this tab', () => {
    const search = '?primary=https://one.example/status//&replica=ftp://two.example';
    const { a, b } = nodesIn(search, []);
    expect(a).toMatchObject({ name: 'A', url: 'https://one.example/status', isFromLink: true, isLocal: false });
    expect(b).toMatchObject({ name: 'B', url: 'http://localhost:5001', isFromLink: false, isLocal: true });
    expect(nodesIn(search, ['https://one.example/status']).a.isFromLink).toBe(false);
    expect([paceOf({ a, b }).pauseMs, paceOf({ a: b, b }).pauseMs]).toEqual([3000, 1000]);
  });

  test('are http or https URLs, without a slash at the end, a query or a password', () => {
    expect(addressIn('http://me:secret@127.0.0.1:5000/a/?b#c')).toBe('http://127.0.0.1:5000/a');
    for (const text of [null, '', 'localhost:5000', 'javascript:alert(1)', 'file:///etc'])
      expect(addressIn(text)).toBeUndefined();
  });
});

describe('the token', () => {
  const nameOf = (node: 'a' | 'b') => (node === 'a' ? 'the primary' : 'the replica');
  test.each<[Parameters<typeof hintText>[0], boolean, string]>([
    [{ a: {}, b: {} }, true, ''],
    [{ a: { reading: 401 }, b: { reading: 401 } }, false, 'Both nodes want a token.'],
    [{ a: {}, b: { reading: 401 } }, false, 'The replica wants a token.'],
    [{ a: { reading: 403 }, b: { reading: 403 } }, true, 'Neither node takes this token.'],
    [{ a: { writing: 401 }, b: {} }, false, 'The primary wants a token for this.'],
    [{ a: { writing: 403 }, b: {} }, true, 'This token may read, not write.'],
    [{ a: { writing: 401 }, b: {} }, true, 'The primary does not take this token.'],
  ])('%j, sent: %s', (refusals, isSent, expected) => {
    const text = hintText(refusals, isSent, nameOf);
    expect(text.slice(0, expected.length || undefined)).toBe(expected);
  });

  test('goes to hosts that are named, and those from a link are said to be', () => {
    const node = (host: string, isFromLink: boolean) => ({ url: `http://${host}`, isFromLink });
    expect(recipientsText([node('one', false), node('one', false)])).toBe('A token that you enter goes to one.');
    expect(recipientsText([node('one', false), node('evil.example', true)])).toBe(
      'A token that you enter goes to one and evil.example. evil.example is from the link that opened this page: enter one only if you know this address.',
    );
  });
});

describe('faults', () => {
  const NOW = Date.parse('2026-11-22T07:00:00.000Z');
  const slow: ToldFault = {
    id: 'f1',
    kind: 'delay',
    keyPrefix: 'slow/',
    probability: 0.5,
    count: 3,
    delayMs: 2000,
    ttl: 600,
    expiresAt: '2026-11-22T07:00:41.200Z',
  };

  test('are told with what is left of them', () => {
    expect(describeFault(slow, NOW)).toBe('keys slow/… · 2,000 ms · probability 0.5 · 3 times left · 41 s left');
  });

  test('that stay in a list that is set keep the time that is left, and nothing that a node would not take', () => {
    const { id: _, expiresAt: __, ...taken } = slow;
    const error = { kind: 'error', keyPrefix: '', probability: 1, count: null, delayMs: 0, ttl: 60 } as const;
    expect(withFault([slow], error, NOW)).toEqual([{ ...taken, ttl: 42 }, error]);
    expect(withoutKind([slow], 'delay', NOW)).toEqual([]);
    expect(withFault([slow], error, NOW + 3_600_000)[0]?.ttl).toBe(1);
  });
});

describe('JSON', () => {
  const TEXT =
    '{"writes":[{"key":"a,b]","value":{"n":12345678901234567890,"s":"\\"x\\" {"}},{"key":"c"}],"complete":true}';

  test('is taken apart without being parsed: numbers stay as they were written', () => {
    const [first = '', second = ''] = elementsIn(TEXT, 'writes');
    expect(valueIn(first)).toBe('{"n":12345678901234567890,"s":"\\"x\\" {"}');
    expect(valueIn(second)).toBeUndefined();
    expect(elementsIn('{}', 'writes')).toEqual([]);
  });

  test('is indented, and what is no JSON stays as it is', () => {
    const text = (json: string) =>
      prettyJson(json)
        .map((piece) => piece.text)
        .join('');
    expect(text('{"a":[1,{}],"b":[]}')).toBe('{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}');
    expect(text(TEXT)).toContain('"n": 12345678901234567890');
    expect(text('not {json')).toBe('not {json');
    expect(prettyJson('{"a":"b"}').map(({ kind }) => kind)).toEqual(['layout', 'name', 'layout', 'string', 'layout']);
  });
});
