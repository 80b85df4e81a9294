// The built handlers, and beside them an empty one and one that only makes a client of the SDK: the same directory,
// extension and loader, so that the emulator and Node do the same to find them.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildHandlers, ROOT } from '../scripts/build.ts';
import type { Handler } from './workload.ts';

export const EMPTY = 'empty';
/** As deep as `.build/offline`: the emulator looks for package.json in each directory above, on every request. */
export const ARTIFACT = join(ROOT, '.build/bench');

const OTHERS = join(import.meta.dirname, 'dynamodb/handlers');

const EMPTY_SOURCE =
  "export const handler = async () => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{}' });\n";

export async function buildArtifact(): Promise<void> {
  await rm(ARTIFACT, { recursive: true, force: true });
  await buildHandlers(ARTIFACT);
  await buildHandlers(ARTIFACT, OTHERS);
  await addHandler(EMPTY, EMPTY_SOURCE);
}

/** Puts one more handler beside Tandem's. */
export async function addHandler(name: string, source: string): Promise<void> {
  await writeFile(handlerFile(name), source);
}

/** The names of Tandem's handlers, without those beside them. */
export async function handlerNames(): Promise<string[]> {
  const names = (await readdir(join(ROOT, 'handlers'))).map((name) => name.replace('.ts', ''));
  return names.sort();
}

/** The file of a handler. */
export function handlerFile(name: string, directory = ARTIFACT): string {
  return join(directory, 'handlers', `${name}.mjs`);
}

/** Loads a handler. The environment must be set: handlers read it once. */
export async function loadHandler<H = Handler>(name: string, directory = ARTIFACT): Promise<H> {
  const { handler } = await import(pathToFileURL(handlerFile(name, directory)).href);
  return handler;
}
