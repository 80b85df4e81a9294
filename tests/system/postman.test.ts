// The Postman collection: it is that of the description, and each request of it is answered as that says.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { postmanCollection } from '../../scripts/postman/collection.ts';
import { COLLECTION } from '../../scripts/postman.ts';
import { type Pair, startPair } from '../support/nodes.ts';

interface Summary {
  readonly run: {
    readonly failures: readonly { readonly error: Error; readonly source: { readonly name?: string } }[];
    readonly stats: { readonly requests: { readonly total: number } };
  };
}

type Run = (
  options: { collection: object; envVar: readonly { key: string; value: string }[] },
  done: (error: Error | null, summary: Summary) => void,
) => void;

const newman: { run: Run } = createRequire(join(import.meta.dirname, '../package.json'))('newman');

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
});
afterAll(() => nodes?.stop());

test('the collection in docs/ is made of the description: else run `npm run postman`', async () => {
  expect(JSON.parse(await readFile(COLLECTION, 'utf8'))).toEqual(postmanCollection());
});

test('each of its requests is answered as the description says', async () => {
  const summary = await new Promise<Summary>((resolve, reject) => {
    const envVar = [{ key: 'primary', value: nodes.primary.url }];
    newman.run({ collection: postmanCollection(), envVar }, (error, done) => (error ? reject(error) : resolve(done)));
  });
  expect(summary.run.failures.map(({ error, source }) => `${source.name}: ${error.message}`)).toEqual([]);
  expect(summary.run.stats.requests.total).toBeGreaterThan(20);
});
