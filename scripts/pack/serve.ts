// `npm run serve` of the package, whose artifact is built: it is beside the runner. As scripts/serve.ts otherwise.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { endWithParent } from '../serve/parent.ts';

endWithParent();
enableCompileCache();
process.env.ARTIFACT ||= join(import.meta.dirname, '../artifact');
const { main } = await import('../serve/main.ts');
await main();
