// `npm run serve -- --role primary --port 5000 --peer http://other:5001`: one node, without the emulator. docs/serve.md says how it is
// run. What Node compiles and strips of types is kept for the next start, which takes half the time then.
import { enableCompileCache } from 'node:module';
import { COMPILE_CACHE } from './root.ts';
import { endWithParent } from './serve/parent.ts';

endWithParent();
enableCompileCache(COMPILE_CACHE);
const { main } = await import('./serve/main.ts');
await main();
