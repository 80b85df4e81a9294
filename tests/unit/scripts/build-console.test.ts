// How large the console's script is: it has to be useful within a second.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { buildConsole } from '../../../scripts/build-console.ts';

const MAX_BYTES = 120_000;

test('the script of the console has at most 120 kB, gzipped', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-console-'));
  try {
    await buildConsole(folder);
    expect(gzipSync(await readFile(join(folder, 'console.js'))).length).toBeLessThanOrEqual(MAX_BYTES);
  } finally {
    await rm(folder, { recursive: true });
  }
});
