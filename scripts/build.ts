// One esbuild build of every handler. Splitting puts what they share into common chunks, so that all functions of
// one process see one store; and what runs locally is the artifact that ships.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { replaceFile } from './replace-file.ts';
import { ROOT } from './root.ts';

export { ROOT };

/** On every request the emulator looks for one, up from the handler: the nearer it is found, the sooner. */
const MODULES = '{"type":"module"}';

/**
 * What imports node:http, as the SDK does, gets it as `require` gives it. An import reads all its exports, and that named
 * WebSocket loads undici: as much of a cold start as our own code. See lib/builtin.ts, too.
 */
const plainHttp: Plugin = {
  name: 'plain-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:http$/ }, ({ path }) => ({ path, namespace: 'plain' }));
    onLoad({ filter: /^node:http$/, namespace: 'plain' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

/** Builds each file of a folder into `outdir`, where it is then at `handlers/<name>.mjs`. */
export async function buildHandlers(outdir: string, folder = join(ROOT, 'handlers')): Promise<void> {
  const names = await readdir(folder);
  const { outputFiles } = await build({
    entryPoints: names.map((name) => join(folder, name)),
    outdir: join(outdir, 'handlers'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The SDK's ES modules leave out what is not used; its others are for require.
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: true,
    plugins: [plainHttp],
    logLevel: 'warning',
    write: false,
  });
  const packageJson = { path: join(outdir, 'package.json'), contents: Buffer.from(MODULES) };
  await Promise.all([...outputFiles, packageJson].map(({ path, contents }) => replaceFile(path, contents)));
}
