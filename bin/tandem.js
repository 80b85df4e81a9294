#!/usr/bin/env node
// The command `tandem` in the repository, where Node strips the types of what it runs: docs/cli.md. The package has
// scripts/pack/tandem.ts in its place.
import { readFileSync } from 'node:fs';
// As a whole: an older Node, which is told what it is, has not all of it.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

if (!process.features.typescript) {
  console.error(`Tandem runs on the Node of its packages, not on ${process.version}: run \`npx --no-install tandem\`.`);
  process.exit(2);
}
// What Node compiles and strips of types is kept for the next start, which takes half the time then.
nodeModule.enableCompileCache(path('.build/compile-cache'));
const { main } = await import('../cli/main.ts');
await main(process.argv.slice(2), {
  version: JSON.parse(readFileSync(path('package.json'), 'utf8')).version,
  scripts: {
    start: path('scripts/start.ts'),
    serve: path('scripts/serve.ts'),
    drill: path('scripts/drill.ts'),
    bench: path('bench/run.ts'),
  },
});
