// Powertools is loaded by a deployed node only: on a laptop it would cost every start, and print nothing.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildHandlers } from '../../../scripts/build.ts';

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
])('the artifact with LOG=%s loads Powertools %d times', async (LOG, count) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program(`${pathToFileURL(join(folder, 'handlers')).href}/`)],
    { env: { ...process.env, IS_OFFLINE: 'true', ROLE: 'replica', PEER_URL: 'http://127.0.0.1:1', LOG } },
  );
  const found = JSON.parse(stdout);
  expect(found.handlers).toBeGreaterThan(10);
  expect(found.count).toBe(count);
});
