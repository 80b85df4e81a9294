// The page of the client names what there is.
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { createClient, NODE_ERROR_CODES } from '../../client/client.ts';
import { PROBLEMS } from '../../lib/http/problem.ts';

const page = await readFile('docs/client.md', 'utf8');

test('every method of a client', () => {
  const methods = Object.keys(createClient({ primary: 'http://localhost:5000' }));
  const [, table = ''] = /^\| method \|.*\n.*\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const named = [...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)(?:<T>)?\(/g)].map(([, name]) => name),
  );
  expect(named.sort()).toEqual(methods.sort());
});

test.each(['README.md', 'llms.txt', 'docs/client.md', 'docs/testing.md'])(
  '%s calls no method that there is not',
  async (name) => {
    const methods = Object.keys(createClient({ primary: 'http://localhost:5000' }));
    const called = [...(await readFile(name, 'utf8')).matchAll(/\b(?:kv|client)\.(\w+)[(<]/g)].map(
      ([, method]) => method,
    );
    expect(called.length).toBeGreaterThan(0);
    expect(called.filter((method) => !methods.includes(method as string))).toEqual([]);
  },
);

test('a client uses the global fetch of the moment', async () => {
  const { fetch } = globalThis;
  const kv = createClient({ primary: 'http://a.test' });
  globalThis.fetch = async () => Response.json({ key: 'k', value: 1, version: 1, epoch: 1 });
  try {
    expect((await kv.get('k'))?.value).toBe(1);
  } finally {
    globalThis.fetch = fetch;
  }
});

test('every code of a node is one of the client', () => {
  expect(Object.keys(PROBLEMS).filter((code) => !(NODE_ERROR_CODES as readonly string[]).includes(code))).toEqual([]);
});

test.each([
  [{ primary: 'localhost:5000' }, 'primary must be the URL'],
  [{ primary: 'http://a:b@localhost' }, 'without a user'],
  [{ primary: 'http://a.test', replica: 'http://a.test/' }, 'two nodes'],
  [{ primary: 'http://a.test', readFrom: 'both' }, 'readFrom must be'],
  [{ primary: 'http://a.test', token: 'a b' }, 'token must be'],
  [{ primary: 'http://a.test', timeoutMs: 0 }, 'timeoutMs must be'],
  [{ primary: 'http://a.test', retry: { limitMs: Number.NaN } }, 'retry.limitMs must be'],
])('the options %j are refused in a sentence that names what is wrong', (options, sentence) => {
  expect(() => createClient(options as never)).toThrow(sentence);
  expect(() => createClient(options as never)).toThrow(TypeError);
});
