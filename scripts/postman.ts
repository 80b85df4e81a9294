// Writes the Postman collection of the API: one request for each operation of clients, with its example. `npm run postman`
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { postmanCollection } from './postman/collection.ts';
import { ROOT } from './root.ts';

export const COLLECTION = join(ROOT, 'docs/tandem.postman_collection.json');

if (import.meta.main) {
  await writeFile(COLLECTION, `${JSON.stringify(postmanCollection(), null, 2)}\n`);
}
