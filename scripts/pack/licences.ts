// The licences of the packages that the artifact is made of: most of them want to go along with what is made of them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lock, nameOf, productionPackages } from '../dependencies/lock.ts';
import { ROOT } from '../root.ts';

const IS_LICENCE = /^(licen[cs]e|notice)\b/i;

/** @returns one text for all of them, by name */
export async function licences(): Promise<string> {
  const lock: Lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const texts = productionPackages(lock).map(async ({ path, version, license }) => {
    const folder = join(ROOT, path);
    const files = (await readdir(folder)).filter((name) => IS_LICENCE.test(name)).sort();
    const contents = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    return [`${nameOf(path)} ${version} (${license})`, ...contents.map((content) => content.trim())].join('\n\n');
  });
  return `The functions in artifact/ and the command tandem are made of these packages, too.\n\n${(await Promise.all(texts)).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
