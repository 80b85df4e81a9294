// The built artifact that is served, made anew only when something that it is made of has changed: a node that starts
// again must not wait for a build.
import { glob, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../lib/config/environment.ts';
import { ROOT } from '../root.ts';

const OUTPUT = join(ROOT, '.build/serve');
const SOURCES = ['handlers/*.ts', 'lib/**/*.ts', 'scripts/build.ts', 'package-lock.json'];

/** What writing meets where it is not allowed. */
const FORBIDDEN = ['EACCES', 'EPERM', 'EROFS'];

/** @returns the folder @throws ConfigError when it must be built, and this user may not */
export async function presentArtifact(): Promise<string> {
  // Written last by each build.
  const mark = join(OUTPUT, 'package.json');
  const startedAt = new Date();
  if ((await timeOf(mark)) < (await newest())) {
    const { buildHandlers } = await import('../build.ts');
    await buildHandlers(OUTPUT).catch((error: NodeJS.ErrnoException) => {
      throw FORBIDDEN.includes(error.code ?? '') ? notBuilt() : error;
    });
    await utimes(mark, startedAt, startedAt);
  }
  return OUTPUT;
}

function notBuilt(): ConfigError {
  return new ConfigError(
    `The functions in ${OUTPUT} are not there, or older than their sources, and this user may not write there. Run \`npm run serve -- --build\` as one who may.`,
  );
}

async function newest(): Promise<number> {
  const times: Array<Promise<number>> = [];
  for await (const file of glob(SOURCES, { cwd: ROOT })) times.push(timeOf(join(ROOT, file)));
  return Math.max(...(await Promise.all(times)));
}

/** @returns when a file was changed, in milliseconds; 0 if it is not there */
async function timeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return found?.mtimeMs ?? 0;
}
