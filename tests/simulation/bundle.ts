// Bundles the simulation with the code that it tests, as it is or with one protection switched off. Buckets are few,
// so that the handful of keys of a run share some and a comparison takes microseconds.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

/** A change of one source file: `from` must be in it exactly once. */
export interface Replacement {
  /** From the repository's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const FEW_BUCKETS: readonly Replacement[] = [
  { file: 'lib/digest.ts', from: 'BUCKETS = 16_384', to: 'BUCKETS = 8' },
  { file: 'lib/digest.ts', from: 'GROUPS = 128', to: 'GROUPS = 4' },
];

const SHORT_EPOCHS: readonly Replacement[] = [
  { file: 'lib/limits.ts', from: 'EPOCH_MS = 24 * 60 * 60 * 1000', to: 'EPOCH_MS = 20_000' },
  { file: 'lib/store/dynamodb/item.ts', from: 'MARGIN_MS = 60 * 60 * 1000', to: 'MARGIN_MS = 10_000' },
  { file: 'lib/replication/current-epoch.ts', from: 'REFRESH_MS = 60_000', to: 'REFRESH_MS = 2000' },
];

/** @throws Error when a text to replace is not there exactly once: the source has moved on */
export function simulation(changes: readonly Replacement[] = []): Promise<typeof import('./run.ts')> {
  return bundle('run.ts', changes);
}

/** Of nodes that have several processes over one durable store each. Days become seconds, and nothing keeps versions. */
export function durableSimulation(changes: readonly Replacement[] = []): Promise<typeof import('./durable.ts')> {
  return bundle('durable.ts', [...SHORT_EPOCHS, ...changes]);
}

async function bundle<T>(entry: string, changes: readonly Replacement[]): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-simulation-'));
  try {
    const file = join(folder, 'simulation.mjs');
    const { outputFiles } = await build({
      entryPoints: [join(ROOT, 'tests/simulation', entry)],
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      logLevel: 'silent',
      write: false,
      plugins: [replacing([...FEW_BUCKETS, ...changes])],
    });
    await writeFile(file, outputFiles[0]?.contents ?? '');
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function replacing(changes: readonly Replacement[]): Plugin {
  return {
    name: 'replacing',
    setup({ onLoad }) {
      for (const path of new Set(changes.map(({ file }) => file))) {
        onLoad({ filter: new RegExp(`${path.replaceAll('.', '[.]')}$`) }, async () => {
          let source = await readFile(join(ROOT, path), 'utf8');
          for (const { from, to } of changes.filter(({ file }) => file === path)) {
            const parts = source.split(from);
            if (parts.length !== 2) throw new Error(`${path} has ${parts.length - 1} times instead of once: ${from}`);
            source = parts.join(to);
          }
          return { contents: source, loader: 'ts' };
        });
      }
    },
  };
}
