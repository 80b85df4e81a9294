// What a lock must hold so that `npm ci` installs the same packages on every system, from whichever registry is set up.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const LOCKS = ['package-lock.json', 'tests/package-lock.json', 'scripts/tour/package-lock.json'];

interface Lock {
  readonly packages: Readonly<Record<string, Package>>;
}
interface Package {
  readonly resolved?: string;
  readonly dependencies?: Names;
  readonly optionalDependencies?: Names;
}
type Names = Readonly<Record<string, string>>;

describe.each(LOCKS)('%s', (file) => {
  const read = async (): Promise<Lock> => JSON.parse(await readFile(join(ROOT, file), 'utf8'));

  test('holds every package that one of its packages needs, the optional ones of every platform, too', async () => {
    const { packages } = await read();
    const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies }).filter(
        (name) => !placesOf(name, path).some((place) => place in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  test('names no registry: each package comes from the one that npm is set up for', async () => {
    const { packages } = await read();
    const resolved = Object.values(packages).flatMap((each) => each.resolved ?? []);
    expect(resolved.filter((place) => place.includes('://'))).toEqual([]);
  });
});

/** Where Node looks for a package that the one at `path` names: beside it, then in each folder above. */
function placesOf(name: string, path: string): string[] {
  const place = `${path && `${path}/`}node_modules/${name}`;
  if (path === '') return [place];
  return [place, ...placesOf(name, path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))))];
}
