// The built handlers, and an empty one among them: the same directory, extension and loader, so that the emulator
// and Node do the same to find it.
import { readdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildHandlers, ROOT } from '../scripts/build.ts';
import type { Handler } from './workload.ts';

export const EMPTY = 'empty';
/** As deep as `.build/offline`: the emulator looks for package.json in each directory above, on every request. */
export const ARTIFACT = join(ROOT, '.build/bench');

const EMPTY_SOURCE =
  "export const handler = async () => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{}' });\n";

export async function buildArtifact(): Promise<void> {
  await buildHandlers(ARTIFACT, { clean: true });
  const built = await readdir(join(ARTIFACT, 'handlers'));
  const get = built.find((name) => /^get\.m?js$/.test(name)) as string;
  await writeFile(join(ARTIFACT, 'handlers', EMPTY + extname(get)), EMPTY_SOURCE);
}

/** The names of Tandem's handlers, the empty one left out. */
export async function handlerNames(): Promise<string[]> {
  const names = (await readdir(join(ROOT, 'handlers'))).map((name) => name.replace('.ts', ''));
  return names.sort();
}

/** The file of a handler. */
export async function handlerFile(name: string, directory = ARTIFACT): Promise<string> {
  const files = await readdir(join(directory, 'handlers'));
  const file = files.find((candidate) => candidate === `${name}.mjs` || candidate === `${name}.js`);
  if (file === undefined) throw new Error(`There is no handler '${name}' in ${directory}.`);
  return join(directory, 'handlers', file);
}

/** Loads a handler. The environment must be set: handlers read it once. */
export async function loadHandler(name: string, directory = ARTIFACT): Promise<Handler> {
  const { handler } = await import(pathToFileURL(await handlerFile(name, directory)).href);
  return handler;
}
