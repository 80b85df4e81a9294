// `tandem export` and `tandem import`: what one writes the other restores key for key, however often both are interrupted.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { json } from '../support/requests.ts';
import { linesIn, runTandem, Tandem } from '../support/tandem.ts';
import { until } from '../support/until.ts';

const HEADER = '{"format":"tandem-export","version":1,"prefix":""}';
const HOUR_MS = 3_600_000;

let folder: string;
let pairs: Pair[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-export-'));
});
afterEach(async () => {
  await Promise.all(pairs.map((pair) => pair.stop()));
  pairs = [];
  await rm(folder, { recursive: true });
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<{ pair: Pair; tandem: Tandem }> {
  const pair = await startPair(env, { serve: {} });
  pairs.push(pair);
  return { pair, tandem: new Tandem(pair) };
}

const file = (name: string) => join(folder, name);

/** An export of so many keys, some of them longer than others. */
function exportOf(count: number): string {
  const line = (i: number) => `{"key":"key/${String(i).padStart(6, '0')}","value":"${'v'.repeat(1 + (i % 90))}"}`;
  return `${[HEADER, ...Array.from({ length: count }, (_, i) => line(i)), `{"end":true,"keys":${count}}`].join('\n')}\n`;
}

/** The keys and values of an export, without the places from which it would have gone on. */
async function contentsOf(name: string): Promise<string[]> {
  const lines = (await readFile(file(name), 'utf8')).split('\n');
  expect(lines.pop()).toBe('');
  return lines.filter((line) => !line.startsWith('{"cursor":'));
}

describe('a round trip', () => {
  const ODD = [
    '.',
    '..',
    '/',
    'a?b',
    'a#b',
    'a b',
    'a%2Fb',
    '😀',
    'nul\u0000',
    'line\n\u2028',
    '__proto__',
    '"\\',
    'ä'.repeat(512),
  ];
  const VALUES = [
    'null',
    '12345678901234567890.10',
    '{ "b" : 1.0,\r\n "1" : [ ] }',
    '"\u2028\u{1f600}\\ud83d\\ude00"',
    '"__fail"',
  ];

  test('restores every key, value and time, to the letter', async () => {
    const [from, to] = [await start(), await start()];
    const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();
    const operations = ODD.flatMap((key, i) => [
      `{"op":"put","key":${JSON.stringify(key)},"value":${VALUES[i % VALUES.length]}}`,
      `{"op":"put","key":${JSON.stringify(`${key}!`.slice(-500))},"value":${i},"expiresAt":"${expiresAt}"}`,
    ]);
    const { results } = await batch(from.pair, operations);
    expect(results.map(({ status }: { status: number }) => status)).toEqual(operations.map(() => 201));
    expect(await from.tandem.lines('export', file('whole'))).toEqual([
      { file: file('whole'), keys: operations.length, exported: operations.length, durationMs: expect.any(Number) },
    ]);
    expect(await to.tandem.lines('import', file('whole'))).toMatchObject([
      { written: operations.length, isWhole: true },
    ]);
    await to.tandem.lines('export', file('again'), '--read-from', 'replica');
    expect(await contentsOf('again')).toEqual(await contentsOf('whole'));
    const [was, is] = await Promise.all(
      [from, to].map(async ({ pair }) =>
        (await json(fetch(`${pair.primary.url}/keys?limit=1000`))).keys.map(
          ({ key, expiresAt }: { key: string; expiresAt?: string }) => [key, expiresAt],
        ),
      ),
    );
    expect(is).toEqual(was);
    const text = await (await fetch(`${to.pair.primary.url}/keys?values=true`)).text();
    for (const value of VALUES) expect(text).toContain(value.replace('\r\n', ' '));
  });

  test('through a pipe, of one prefix', async () => {
    const { tandem } = await start();
    await writeFile(file('all'), exportOf(5));
    await tandem.lines('import', file('all'));
    const { code, stdout, stderr } = await tandem.run(['export', '--prefix', 'key/00000']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^5 keys exported/)]);
    expect(linesIn(stdout)[0]).toMatchObject({ prefix: 'key/00000' });
    const other = await start();
    expect(linesIn((await other.tandem.run(['import'], { input: stdout })).stdout)).toMatchObject([{ written: 5 }]);
  });
});

describe('an export that was interrupted', () => {
  const KEYS = 3500;

  test('goes on behind its last whole page, wherever it was cut off', async () => {
    const { tandem } = await start();
    await writeFile(file('source'), exportOf(KEYS));
    await tandem.lines('import', file('source'));
    await tandem.lines('export', file('whole'));
    const whole = await readFile(file('whole'));
    const checkpoint = whole.indexOf('{"cursor":');
    const cuts: [at: number, exported: number][] = [
      [0, KEYS],
      [20, KEYS],
      [HEADER.length + 1, KEYS],
      [checkpoint - 30, KEYS],
      [checkpoint + 5, KEYS],
      [whole.indexOf('\n', checkpoint) + 1, KEYS - 1000],
      [whole.length - 1, KEYS - 3000],
    ];
    for (const [cut, exported] of cuts) {
      await writeFile(file('cut'), whole.subarray(0, cut));
      expect([cut, await tandem.lines('export', file('cut'), '--resume')]).toMatchObject([
        cut,
        [{ keys: KEYS, exported }],
      ]);
      expect(await contentsOf('cut')).toEqual(await contentsOf('whole'));
    }
    expect(await tandem.lines('export', file('cut'), '--resume')).toMatchObject([{ keys: KEYS, exported: 0 }]);
    expect(await tandem.lines('export', file('none'), '--resume')).toMatchObject([{ keys: KEYS, exported: KEYS }]);
  });

  test('by its end, and by that of its node, is whole in the end', async () => {
    const { pair, tandem } = await start({ STORE: 'sqlite', SQLITE_FOLDER: folder });
    await writeFile(file('source'), exportOf(KEYS));
    await tandem.lines('import', file('source'));
    const killed = tandem.start('export', file('killed'));
    await until(async () => (await stat(file('killed')).catch(() => undefined))?.size);
    await killed.stop('SIGKILL');
    const resumed = tandem.start('export', file('killed'), '--resume');
    await pair.primary.stop('SIGKILL');
    await pair.primary.start();
    expect(await resumed.ended).toBe(0);
    expect(await contentsOf('killed')).toEqual((await readFile(file('source'), 'utf8')).trimEnd().split('\n'));
  });

  test('is not mistaken for a whole one, and no file is lost', async () => {
    const { pair, tandem } = await start();
    const cut = exportOf(3).split('\n').slice(0, 3).join('\n');
    await writeFile(file('cut'), `${cut}\n{"key":"half`);
    const { code, stdout, stderr } = await tandem.run(['import', file('cut')]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/interrupted.*--resume/)]);
    expect(linesIn(stdout)).toMatchObject([{ written: 2, isWhole: false }]);
    expect(await tandem.run(['export', file('cut')])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is there already/),
    });
    expect(await tandem.run(['export', file('cut'), '--resume', '--prefix', 'other'])).toMatchObject({ code: 2 });
    await tandem.lines('export', file('cut'), '--overwrite');
    expect(await contentsOf('cut')).toHaveLength(4);
    await writeFile(file('text'), 'not an export\n');
    expect(await runTandem(['export', file('text'), '--resume', '--primary', pair.primary.url])).toMatchObject({
      code: 2,
    });
    expect(await readFile(file('text'), 'utf8')).toBe('not an export\n');
  });
});

describe('an import', () => {
  test('that was killed writes what is left when it is done again', async () => {
    const { pair, tandem } = await start();
    const count = 5000;
    await writeFile(file('source'), exportOf(count));
    const killed = tandem.start('import', file('source'));
    await until(async () => (await json(fetch(`${pair.primary.url}/status`))).keys > 0);
    await killed.stop('SIGKILL');
    const [{ written, skipped }] = await tandem.lines('import', file('source'));
    expect([written + skipped, skipped > 0]).toEqual([count, true]);
    await tandem.lines('export', file('whole'));
    expect(await contentsOf('whole')).toEqual((await readFile(file('source'), 'utf8')).trimEnd().split('\n'));
  });

  test('goes on through a kill of its node, and through a change of the roles', async () => {
    const { pair, tandem } = await start({ STORE: 'sqlite', SQLITE_FOLDER: folder });
    const count = 5000;
    await writeFile(file('source'), exportOf(count));
    const importing = tandem.start('import', file('source'), '--on-conflict', 'fail');
    await until(async () => (await json(fetch(`${pair.primary.url}/status`))).keys > 0);
    await pair.primary.stop('SIGKILL');
    await pair.primary.start();
    await until(async () => (await tandem.run(['promote'])).code === 0);
    expect([await importing.ended, importing.stderr().includes('Line')]).toEqual([0, false]);
    expect(linesIn(importing.stdout())).toMatchObject([{ written: count, skipped: 0 }]);
  });

  test('leaves, replaces or refuses keys that are there, and leaves out what has expired', async () => {
    const { tandem } = await start();
    await tandem.lines('put', 'key/000001', '"mine"');
    const lines = exportOf(3).split('\n');
    lines.splice(2, 0, `{"key":"over","value":1,"expiresAt":"${new Date(Date.now() - HOUR_MS).toISOString()}"}`);
    await writeFile(file('source'), lines.join('\n'));
    const refused = await tandem.run(['import', file('source'), '--on-conflict', 'fail']);
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Line 4: the key 'key\/000001' is there already/),
    });
    expect(await tandem.lines('import', file('source'))).toMatchObject([{ skipped: 3, expired: 1 }]);
    expect(await tandem.lines('get', 'key/000001')).toEqual(['mine']);
    const people = await tandem.run(['import', file('source'), '--on-conflict', 'overwrite', '--no-json']);
    expect(people).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^3 keys written in .* s, 1 key expired since the export\.\n$/),
      stderr: '',
    });
    expect(await tandem.lines('get', 'key/000001')).toEqual(['vv']);
    expect(await tandem.run(['get', 'over'])).toMatchObject({ code: 1 });
  });

  test.each([
    ['is no export', 'key,value\n', /no export of Tandem/],
    ['is empty', '', /no export of Tandem/],
    ['is of a later version', HEADER.replace('1', '2'), /version 2/],
    ['has a line that is none', `${HEADER}\n{"key":"a"}\n`, /^Line 2 is none/],
    ['has a value that no node takes', `${HEADER}\n{"key":"","value":1}\n`, /^Line 2: /],
    ['is not UTF-8', Buffer.from(`\ufeff${HEADER}\n`, 'utf16le'), /not UTF-8/],
  ])('of what %s is wrong usage', async (_, input, sentence) => {
    const { tandem } = await start();
    const text = typeof input === 'string' && input !== '' && !input.endsWith('\n') ? `${input}\n` : input;
    expect(await tandem.run(['import'], { input: text })).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(sentence),
    });
  });
});

// biome-ignore lint/suspicious/noExplicitAny: results of every shape
async function batch({ primary }: Pair, operations: readonly string[]): Promise<any> {
  const body = `{"operations":[${operations.join(',')}]}`;
  return json(fetch(`${primary.url}/batch`, { method: 'POST', headers: { 'content-type': 'application/json' }, body }));
}
