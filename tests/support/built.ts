// The artifact, built once for all tests of a file.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { buildHandlers } from '../../scripts/build.ts';

let built: Promise<string> | undefined;
afterAll(async () => {
  if (built) await rm(await built, { recursive: true });
});

async function build(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-built-'));
  await buildHandlers(folder);
  return folder;
}

/** Puts the artifact into a folder. Modules of another folder are others, with a store of their own. */
export async function copyArtifact(folder: string): Promise<void> {
  built ??= build();
  await cp(await built, folder, { recursive: true });
}
