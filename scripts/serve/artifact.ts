// The built artifact that is served, with the routes of serverless.yml beside it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../lib/config/environment.ts';
import { buildUnlessFresh } from '../fresh.ts';
import { ROOT } from '../root.ts';
import { keptRoutesFile, type Routes, routesOf } from './routes.ts';

const OUTPUT = join(ROOT, '.build/serve');
const SOURCES = [
  'handlers',
  'lib',
  'scripts/build.ts',
  'scripts/serve/read-routes.ts',
  'serverless.yml',
  'package-lock.json',
];

/** What writing meets where it is not allowed. */
const FORBIDDEN = ['EACCES', 'EPERM', 'EROFS'];

/** @returns the folder @throws ConfigError when it must be built, and this user may not */
export async function presentArtifact(): Promise<string> {
  // Written last.
  await buildUnlessFresh(join(OUTPUT, 'package.json'), SOURCES, build).catch((error: NodeJS.ErrnoException) => {
    throw FORBIDDEN.includes(error.code ?? '') ? notBuilt() : error;
  });
  return OUTPUT;
}

/**
 * What a node serves.
 * @param given the folder of another artifact. Where it has no routes beside it, those of serverless.yml count
 * @throws as `presentArtifact`
 */
export async function artifactOf(given: string | undefined): Promise<{ folder: string; routes: Routes }> {
  const folder = given ?? (await presentArtifact());
  if (existsSync(keptRoutesFile(folder))) return { folder, routes: await routesOf(folder) };
  const { readRoutes } = await import('./read-routes.ts');
  return { folder, routes: await readRoutes() };
}

async function build(): Promise<void> {
  const [{ buildHandlers }, { keepRoutes }] = await Promise.all([import('../build.ts'), import('./read-routes.ts')]);
  await keepRoutes(OUTPUT);
  await buildHandlers(OUTPUT);
}

function notBuilt(): ConfigError {
  return new ConfigError(
    `The functions in ${OUTPUT} are not there, or older than their sources, and this user may not write there. Run \`npm run serve -- --build\` as one who may.`,
  );
}
