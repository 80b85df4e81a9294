#!/usr/bin/env node
// The command `tandem` of the package.
import { readFileSync } from 'node:fs';
// As a whole: an older Node, which is told what it is, has not all of it.
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { OLDEST_NODE } from '../../nodes/local-node.ts';

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  console.error(`The command tandem needs Node ${OLDEST_NODE} or later, and this is ${process.version}.`);
  process.exit(2);
}
nodeModule.enableCompileCache();
const { main } = await import('../../cli/main.ts');
await main(process.argv.slice(2), {
  version: JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).version,
  scripts: { start: join(import.meta.dirname, 'start.js'), serve: join(import.meta.dirname, 'serve.js') },
});
