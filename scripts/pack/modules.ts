// The modules that programs import: compiled to JavaScript, with their types.
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../root.ts';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** The end of the path of a module of ours, in an import. */
const OF_OURS = /((?:from|import\()\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g;

/** @param folder where they are then, in the folders that their sources are in */
export async function compileModules(folder: string): Promise<void> {
  const args = [TSC, '-p', join(import.meta.dirname, 'tsconfig.json'), '--outDir', folder];
  await promisify(execFile)(process.execPath, args).catch(({ stdout }) => {
    throw new Error(`tsc refuses the modules:\n${stdout}`);
  });
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    // tsc leaves the ends of paths in types as they are in the sources, which are not in the package.
    const file = join(folder, name);
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll(OF_OURS, '$1.js$2'));
  }
}
