// The client in a page of this machine: the modules as they are in the package, without a bundler, and nodes that allow it what it needs.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type * as ClientModule from '../../client/client.ts';
import { compileModules } from '../../scripts/pack/modules.ts';
import { launchBrowser } from '../support/browser.ts';
import { type Pair, startPair } from '../support/nodes.ts';

let nodes: Pair;
let folder: string;
let server: Server;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-browser-'));
  await compileModules(folder);
  server = createServer(async (request, response) => {
    const isModule = request.url?.endsWith('.js');
    response.setHeader('content-type', isModule ? 'text/javascript' : 'text/html');
    response.end(
      isModule ? await readFile(join(folder, request.url as string)) : '<!doctype html><title>A page</title>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  [nodes, browser] = await Promise.all([startPair({}, { serve: {} }), launchBrowser()]);
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await nodes?.stop();
  await rm(folder, { recursive: true });
});

test('writes, reads with the receipt, follows changes and the lead, and is told errors by their code', async () => {
  const seen = await page.evaluate(
    async ({ module, primary, replica }) => {
      const { createClient, isTandemError }: typeof ClientModule = await import(module);
      const kv = createClient({ primary, replica });
      const feed = kv.changes({ since: 'now', values: true, readFrom: 'replica' });
      await feed.ready();
      const written = await kv.put('key/ä', { a: 1 }, { ttl: 60 });
      const { value: change } = await feed.next();
      const sum = await kv.increment('sum', 2);
      const copy = await kv.get('key/ä', { readFrom: 'replica' });
      const promoted = await kv.promote();
      await kv.put('key/ä', 2, { ifMatch: written.etag, respondAsync: true });
      const refused = await kv.put('key/ä', 3, { ifAbsent: true }).catch((error) => error);
      const nobody = await createClient({ primary: 'http://127.0.0.1:1', retry: false })
        .get('a')
        .catch((error) => error);
      await feed.return();
      return {
        change: change?.value,
        sum: sum.value,
        status: copy?.status,
        receipt: copy?.receipt,
        mode: promoted.mode,
        leads: (await kv.get('key/ä'))?.receipt.url,
        code: isTandemError(refused, 'precondition_failed') && refused.details.currentVersion,
        unreachable: nobody.code,
      };
    },
    { module: `${page.url()}client/client.js`, primary: nodes.primary.url, replica: nodes.replica.url },
  );
  expect(seen).toEqual({
    change: { a: 1 },
    sum: 2,
    status: 'replica',
    receipt: { url: nodes.replica.url, role: 'replica', epoch: expect.any(Number), stalenessMs: expect.any(Number) },
    mode: 'switchover',
    leads: nodes.replica.url,
    code: 2,
    unreachable: 'unreachable',
  });
});
