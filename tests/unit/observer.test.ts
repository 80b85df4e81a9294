// What a deployed node prints of an error, and of metrics; and that on a laptop none of this is even loaded.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { routeOf } from '../../lib/http/routes.ts';
import { writeAnswer } from '../../lib/http/write-answer.ts';
import { counted } from '../../lib/telemetry/metrics.ts';
import { createObserver } from '../../lib/telemetry/observer.ts';
import { buildHandlers } from '../../scripts/build.ts';
import { emfErrors, type Line, printedBy } from '../support/printed.ts';

const CONTEXT = { awsRequestId: 'of-lambda' } as Context;

async function linesOf(action: (observer: ReturnType<typeof createObserver>) => void): Promise<Line[]> {
  const printed = await printedBy(async () => action(createObserver('primary')));
  return printed.map((line) => JSON.parse(line));
}

const errorLine = async (error: unknown) =>
  (await linesOf((observer) => observer.error('it failed', { part: 'store' }, error)))[0];

describe('an error', () => {
  test('is printed with its stack, its cause, the fields and the request id', async () => {
    const error = new TypeError('outer', { cause: new Error('inner') });
    const [line] = await linesOf((observer) => {
      observer.begin(CONTEXT);
      observer.error('it failed', { part: 'store' }, error);
    });
    expect(line).toMatchObject({ level: 'ERROR', message: 'it failed', requestId: 'of-lambda', part: 'store' });
    expect(line.error).toEqual({
      name: 'TypeError',
      message: 'outer',
      stack: error.stack,
      cause: expect.objectContaining({ name: 'Error', message: 'inner' }),
    });
  });

  test('is printed without its members, which may hold an item of the table', async () => {
    const error = Object.assign(new Error('The conditional request failed'), { Item: { key: { S: 'hush' } } });
    expect(JSON.stringify(await errorLine(error))).not.toContain('hush');
    expect(JSON.stringify(await errorLine(new Error('outer', { cause: error })))).not.toContain('hush');
    expect(JSON.stringify(await errorLine({ Item: 'hush' }))).not.toContain('hush');
  });

  test.each(['hush', '{"a":"hush', '{\n"a": "hush",\n"b": "hush" x', `["hush", "${'x'.repeat(99)}`])(
    'is printed without what it quotes of %j',
    async (text) => {
      let thrown: unknown;
      try {
        JSON.parse(text);
      } catch (error) {
        thrown = error;
      }
      const line = await errorLine(thrown);
      expect(line.error.name).toBe('SyntaxError');
      expect(line.error.stack).toMatch(/\n +at /);
      expect(JSON.stringify(line)).not.toContain('hush');
    },
  );
});

describe('metrics', () => {
  test('go into one line, with their units', async () => {
    const lines = await linesOf((observer) => observer.emit({ Writes: 1, ReplicationLag: 4 }));
    expect(lines.map(emfErrors)).toEqual([[]]);
    expect(lines[0]).toMatchObject({ service: 'tandem-primary', Writes: 1, ReplicationLag: 4 });
    expect(lines[0]._aws.CloudWatchMetrics[0].Metrics).toEqual([
      { Name: 'Writes', Unit: 'Count' },
      { Name: 'ReplicationLag', Unit: 'Milliseconds' },
    ]);
  });

  test('that there are none of make no line', async () => {
    expect(await linesOf((observer) => observer.emit({}))).toEqual([]);
    expect([counted('Applied', 0), counted('Applied', 2)]).toEqual([{}, { Applied: 2 }]);
  });

  test('the lag of a write is not negative, even where the clock was put back', () => {
    const record = { key: 'k', value: '1', epoch: 1, version: 1, updatedAt: 1000 };
    const written = { record, created: true, delivery: { replicated: true } } as const;
    const lagAt = (now: number) => writeAnswer(written, now).metrics?.ReplicationLag;
    expect([lagAt(1004), lagAt(1000), lagAt(900)]).toEqual([4, 0, 0]);
  });
});

test('a route has nothing of the path', () => {
  expect(routeOf('PUT /key/{key+}', { method: 'PUT', path: '/key/hush' })).toBe('PUT /key/{key+}');
  expect(routeOf('$default', { method: 'POST', path: '/key/hush' })).toBe('POST /key/{key+}');
  expect(routeOf('$default', { method: 'GET', path: '/keys' })).toBe('GET /keys');
  expect(routeOf('GET /hush', { method: 'GET', path: '/hush' })).toBe('GET *');
});

describe('the artifact', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-'));
    await buildHandlers(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Of every handler, in a fresh process, how many of the files that it loads make metrics. */
  const program = (handlers: string) => `
    import { registerHooks } from 'node:module';
    import { readdir } from 'node:fs/promises';
    let count = 0;
    registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        if (String(loaded.source).includes('CloudWatchMetrics')) count++;
        return loaded;
      },
    });
    const isHandler = (name) => name.endsWith('.mjs') && !/-[A-Z0-9]{8}\\.mjs$/.test(name);
    const names = (await readdir(new URL(${JSON.stringify(handlers)}))).filter(isHandler);
    for (const name of names) await import(${JSON.stringify(handlers)} + name);
    process.stdout.write(JSON.stringify({ handlers: names.length, count }), () => process.exit());`;

  test.each([
    ['silent', 0],
    ['requests', 0],
    ['json', 1],
  ])('with LOG=%s loads Powertools %d times', async (LOG, count) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program(`${pathToFileURL(join(folder, 'handlers')).href}/`)],
      { env: { ...process.env, IS_OFFLINE: 'true', ROLE: 'replica', PEER_URL: 'http://127.0.0.1:1', LOG } },
    );
    const found = JSON.parse(stdout);
    expect(found.handlers).toBeGreaterThan(10);
    expect(found.count).toBe(count);
  });
});
