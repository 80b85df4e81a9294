// `npm run backup -- primary copy.sqlite`: copies the data file of a node, which may be running. `npm run restore -- primary
// copy.sqlite` puts the copy in its place, once the node is stopped. SQLITE_FILE and SQLITE_FOLDER say where the data file is,
// as for the node.
import { resolve } from 'node:path';
import { dataFileOf } from '../lib/config/config.ts';
import type { Role } from '../lib/role.ts';
import { backUp, restore } from '../lib/store/sqlite/backup.ts';
import { shownPath } from './shown-path.ts';

const USAGE =
  'Say which node, and which file: npm run backup -- primary copy.sqlite, or npm run restore -- primary copy.sqlite.';

function main([act, node, copy, ...more]: readonly string[]): void {
  const isNode = node === 'primary' || node === 'replica';
  if (!isNode || copy === undefined || more.length > 0) throw new Error(USAGE);
  const owned = { file: dataFileOf(process.env, node as Role), node } as const;
  if (act === 'restore') {
    const { kept, ...restored } = restore(owned, resolve(copy));
    console.log(`${named(owned.file)} is ${named(copy)} now: ${sizeOf(restored)}.`);
    if (kept !== undefined) console.log(`What was there before is ${named(kept)}.`);
  } else {
    console.log(`${named(copy)} has what ${named(owned.file)} had: ${sizeOf(backUp(owned, resolve(copy)))}.`);
  }
}

function named(file: string): string {
  return shownPath(resolve(file), resolve());
}

function sizeOf({ records, bytes }: { readonly records: number; readonly bytes: number }): string {
  return `${records} ${records === 1 ? 'record' : 'records'}, ${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
