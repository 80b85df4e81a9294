// The command line, the runner of a node, and the artifact that it serves.
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildHandlers } from '../build.ts';
import { keepRoutes } from '../serve/read-routes.ts';

const SCRIPTS = ['tandem', 'start', 'serve'];

/** @param folder where they are then, as `scripts/tandem.js` and so on, and `artifact` */
export async function buildRunner(folder: string): Promise<void> {
  const artifact = join(folder, 'artifact');
  await Promise.all([
    build({
      entryPoints: SCRIPTS.map((name) => join(import.meta.dirname, `${name}.ts`)),
      outdir: join(folder, 'scripts'),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      // What builds an artifact, where there is none.
      external: ['esbuild', 'js-yaml'],
      logLevel: 'warning',
    }),
    buildHandlers(artifact),
    keepRoutes(artifact),
  ]);
}
