// `npm run package`: makes the package `tandem`, as a program installs it, with all that it needs, and packs it. It is made in a folder of
// its own, since what is installed has another package.json than the project.
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { licences } from './pack/licences.ts';
import { manifest } from './pack/manifest.ts';
import { compileModules } from './pack/modules.ts';
import { buildRunner } from './pack/runner.ts';
import { ROOT } from './root.ts';

/** Where the package is made, and beside it packed. */
const OUTPUT = join(ROOT, '.build');
const FOLDER = join(OUTPUT, 'package');
const DIST = join(FOLDER, 'dist');
/** Beside what is compiled: what there is to read. */
const COPIED = ['README.md', 'LICENSE', 'llms.txt', 'examples/testing'];

await rm(FOLDER, { recursive: true, force: true });
await mkdir(DIST, { recursive: true });
await Promise.all([compileModules(DIST), buildRunner(DIST), copyPages(), writeTexts()]);
console.log(await pack());

async function copyPages(): Promise<void> {
  const pages = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  for (const name of [...COPIED, ...pages.map((page) => `docs/${page}`)])
    await cp(join(ROOT, name), join(FOLDER, name), { recursive: true });
}

async function writeTexts(): Promise<void> {
  await writeFile(join(FOLDER, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  await writeFile(join(DIST, 'LICENCES.txt'), await licences());
}

/** @returns the path of the package */
async function pack(): Promise<string> {
  const { npm_execpath: npm } = process.env;
  if (!npm) throw new Error('npm has to run this: npm run package');
  const args = [npm, 'pack', FOLDER, '--json', '--pack-destination', OUTPUT];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  const [{ filename }] = JSON.parse(stdout);
  return join(OUTPUT, filename);
}
