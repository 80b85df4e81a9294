// The console's script and styles, made of ui/ into ui/built/, where ui/index.html looks for them: one classic script, because
// modules do not load from the file system. `node scripts/build-console.ts` builds it; so do npm's `prepare`, `npm start`,
// `npm run console` and `sls offline`.
import { join } from 'node:path';
import { build } from 'esbuild';
import { replaceFile } from './replace-file.ts';
import { ROOT } from './root.ts';

const SOURCE = join(ROOT, 'ui');

/** @param outdir a folder, which is made where there is none */
export async function buildConsole(outdir = join(SOURCE, 'built')): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: { console: join(SOURCE, 'main.tsx'), styles: join(SOURCE, 'style/all.css') },
    outdir,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: ['chrome120', 'firefox120', 'safari17'],
    tsconfig: join(SOURCE, 'tsconfig.json'),
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  });
  await Promise.all(outputFiles.map(({ path, contents }) => replaceFile(path, contents)));
}

// Not awaited here: the emulator requires the plugin that imports this, and what is required awaits nothing.
if (import.meta.main) void buildConsole();
