// The size of a built handler: its file and every chunk that it imports statically.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

export interface Bundle {
  readonly files: number;
  readonly bytes: number;
  /** Each file by itself, as in the archive that is deployed. */
  readonly gzippedBytes: number;
}

export async function bundleOf(file: string): Promise<Bundle> {
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    metafile: true,
    absWorkingDir: resolve('/'),
  });
  const found = new Set<string>();
  const add = (path: string) => {
    const input = metafile.inputs[path];
    if (input === undefined || found.has(path)) return;
    found.add(path);
    for (const { kind, path } of input.imports) if (kind === 'import-statement') add(path);
  };
  add(resolve(file).slice(1));
  const contents = await Promise.all([...found].map((path) => readFile(resolve('/', path))));
  return {
    files: contents.length,
    bytes: contents.reduce((sum, { length }) => sum + length, 0),
    gzippedBytes: contents.reduce((sum, content) => sum + gzipSync(content).length, 0),
  };
}
