// The command line for keys: get, put, delete and list, as a script calls them, on a real pair.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { linesIn, Tandem } from '../support/tandem.ts';

let nodes: Pair;
let tandem: Tandem;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
  tandem = new Tandem(nodes);
});
afterAll(() => nodes?.stop());

describe('put and get', () => {
  test('a value is printed as it was written, to the letter, from both nodes', async () => {
    const value = '{"2":1.0,"1":12345678901234567890}';
    expect(await tandem.lines('put', 'exact', value)).toEqual([
      { key: 'exact', version: 1, epoch: expect.any(Number), etag: expect.any(String), status: 'replicated' },
    ]);
    for (const node of ['primary', 'replica'])
      expect(await tandem.run(['get', 'exact', '--read-from', node])).toEqual({
        code: 0,
        stdout: `${value}\n`,
        stderr: '',
      });
    const { stdout } = await tandem.run(['get', 'exact', '--json']);
    expect(stdout).toContain(`"value":${value},`);
    expect(linesIn(stdout)).toEqual([expect.objectContaining({ key: 'exact', version: 1 })]);
  });

  test('a value is JSON, a string with --text, or comes from the standard input', async () => {
    await tandem.lines('put', 'one', '-5');
    await tandem.lines('put', 'two', '--text', '{"a"');
    await tandem.run(['put', 'three', '-'], { input: '[1,\r\n 2]\n' });
    await tandem.run(['put', 'four', '-', '--text'], { input: 'a\nb' });
    const values = await Promise.all(
      ['one', 'two', 'three', 'four'].map(async (key) => (await tandem.lines('get', key, '--json'))[0].value),
    );
    expect(values).toEqual([-5, '{"a"', [1, 2], 'a\nb']);
    expect(await tandem.run(['put', 'five', '{"a"'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no JSON.*--text/),
    });
  });

  test.each(['..', 'a?b', 'a b/ключ 😀', '__proto__', '%2F', '{}'])('the key %j is like any other', async (key) => {
    await tandem.lines('put', key, '--text', key);
    expect(await tandem.lines('get', key)).toEqual([key]);
    expect(await tandem.lines('delete', key)).toMatchObject([{ key, version: 2 }]);
  });

  test('a condition that is not met, and a key that is not there, are 1 and a sentence', async () => {
    const [{ etag }] = await tandem.lines('put', 'conditional', '1', '--if-absent');
    expect(await tandem.run(['put', 'conditional', '2', '--if-absent'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The key is at version 1\./),
    });
    // Without the quotes that belong to it: many shells take them away.
    await tandem.lines('put', 'conditional', '2', '--if-match', etag.replaceAll('"', ''));
    expect(await tandem.run(['delete', 'conditional', '--if-match', etag])).toMatchObject({ code: 1 });
    await tandem.lines('delete', 'conditional');
    for (const command of ['get', 'delete'])
      expect(await tandem.run([command, 'conditional'])).toEqual({
        code: 1,
        stdout: '',
        stderr: "There is no key 'conditional'.\n",
      });
  });

  test('a write that is named is done once', async () => {
    const put = ['put', 'named', '1', '--idempotency-key', 'once'];
    await tandem.lines(...put);
    expect(await tandem.lines(...put)).toMatchObject([{ version: 1 }]);
  });

  test('a key expires when it is told to', async () => {
    await tandem.lines('put', 'soon', '1', '--ttl', '3600');
    const year = new Date().getUTCFullYear() + 2;
    await tandem.lines('put', 'later', '1', '--expires-at', `${year}-01-31T12:00:00+01:00`);
    const [soon] = await tandem.lines('get', 'soon', '--json');
    expect(Math.abs(Date.parse(soon.expiresAt) - Date.now() - 3_600_000)).toBeLessThan(300_000);
    expect(await tandem.lines('get', 'later', '--json')).toMatchObject([{ expiresAt: `${year}-01-31T11:00:00.000Z` }]);
    expect(await tandem.run(['put', 'soon', '1', '--expires-at', 'soon'])).toMatchObject({ code: 2 });
    expect(await tandem.run(['put', 'soon', '1', '--ttl', '1', '--expires-at', '2030-01-01'])).toMatchObject({
      code: 2,
    });
  });

  test('with --json an error is a problem in JSON, on stderr', async () => {
    const { code, stdout, stderr } = await tandem.run(['get', 'nowhere', '--json']);
    expect([code, stdout, linesIn(stderr)]).toEqual([
      1,
      '',
      [{ code: 'key_not_found', detail: "There is no key 'nowhere'." }],
    ]);
    const long = await tandem.run(['put', 'k'.repeat(1025), '1', '--json']);
    expect([long.code, linesIn(long.stderr)]).toEqual([
      2,
      [expect.objectContaining({ code: 'invalid_key', status: expect.any(Number), url: nodes.primary.url })],
    ]);
    const usage = await tandem.run(['get', '--json']);
    expect([usage.code, linesIn(usage.stderr)]).toEqual([
      2,
      [{ code: 'usage', detail: "Missing required argument 'key'." }],
    ]);
  });
});

describe('list', () => {
  beforeAll(async () => {
    const keys = Array.from({ length: 120 }, (_, i) => `list/${String(i).padStart(3, '0')}`);
    const put = (key: string) =>
      fetch(`${nodes.primary.url}/key/${encodeURIComponent(key)}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: `{"value":{"of":"${key}"}}`,
      });
    for (const key of [...keys, 'list/below/a', 'list/below/b']) await put(key);
  });

  test('programs get a line of JSON for each key, and are told on stderr that there are more', async () => {
    const { stdout, stderr } = await tandem.run(['list', '--prefix', 'list/']);
    expect(linesIn(stdout)).toHaveLength(100);
    expect(linesIn(stdout)[0]).toMatchObject({ key: 'list/000', version: 1, status: 'replicated' });
    expect(stderr).toMatch(/^There are more/);
    const all = await tandem.run(['list', '--prefix', 'list/', '--all', '--values', '--read-from', 'replica']);
    expect(all.stderr).toBe('');
    expect(linesIn(all.stdout)).toHaveLength(122);
    expect(linesIn(all.stdout)[3]).toMatchObject({ key: 'list/003', value: { of: 'list/003' }, status: 'replica' });
  });

  test('downwards, and folded at a delimiter', async () => {
    expect(await tandem.lines('list', '--prefix', 'list/', '--reverse', '--limit', '1')).toMatchObject([
      { key: 'list/below/b' },
    ]);
    const folded = await tandem.lines('list', '--prefix', 'list/', '--delimiter', '/', '--all');
    expect(folded).toHaveLength(121);
    expect(folded).toContainEqual({ prefix: 'list/below/' });
  });

  test('people get a table, in which nothing reaches the terminal that it would obey', async () => {
    await tandem.lines('put', 'table/\u001b[31m', '--text', '\u202ered\u001b[0m');
    const { stdout } = await tandem.run(['list', '--prefix', 'table/', '--values', '--no-json']);
    const [head, row] = stdout.split('\n');
    expect(head).toMatch(/^key +version +status +updated +expires +value$/);
    expect(row).toMatch(/^table\/\\u001b\[31m +1 +replicated +\S+ +"\\u202ered\\u001b\[0m"$/);
    expect(await tandem.run(['list', '--prefix', 'nothing/', '--no-json'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});
