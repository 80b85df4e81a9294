// The package.json of the package: what programs import, and what it runs on. It has no dependencies, since all that it needs is in it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../root.ts';

/** What can be imported, and the compiled module behind it; its types are beside it. */
const MODULES = {
  '.': 'nodes/start-node',
  './client': 'client/client',
  './keyv': 'client/keyv',
  './unstorage': 'client/unstorage',
  './testing': 'nodes/testing',
} as const;

/** What the package has, below its own folder. */
export const FILES = ['dist', 'docs', 'examples', 'llms.txt'];

/** Of the project: what holds for the package, too. */
interface Project {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  /** What the client runs on. A node says by itself which Node it needs. */
  readonly engines: { readonly node: string };
}

export async function manifest(): Promise<object> {
  const project: Project = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const { name, version, description, license, engines } = project;
  const exported = Object.entries(MODULES).map(([path, module]) => {
    return [path, { types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` }] as const;
  });
  return {
    name,
    version,
    description,
    license,
    private: true,
    type: 'module',
    engines,
    exports: { ...Object.fromEntries(exported), './package.json': './package.json' },
    bin: { tandem: 'dist/scripts/tandem.js' },
    files: FILES,
    sideEffects: false,
    peerDependencies: { keyv: '5 || 6', unstorage: '1' },
    peerDependenciesMeta: { keyv: { optional: true }, unstorage: { optional: true } },
  };
}
