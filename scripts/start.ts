// `npm start`: both nodes and the console, and with STORE=dynamodb the endpoint of their stores, in one terminal; one
// Ctrl-C ends all of them, and each node can be ended and started again alone, from the console. With names (`replica`,
// `primary`, `console`, `dynamodb`) it starts only these. With `--fast` the nodes run without the emulator, as `npm run serve` runs them.
// What Node compiles and strips of types is kept for the next start, which takes half the time then.
import { enableCompileCache } from 'node:module';
import { COMPILE_CACHE } from './root.ts';

enableCompileCache(COMPILE_CACHE);
const { main } = await import('./start/main.ts');
await main(process.argv.slice(2));
