// `npm run screenshot`: docs/console.png, the console with some records and one failed copy.
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { launchBrowser, serveConsole } from '../tests/support/browser.ts';
import { type Pair, startPair } from '../tests/support/nodes.ts';
import { ROOT } from './build.ts';

const FILE = join(ROOT, 'docs/console.png');
const SIZE = { width: 1280, height: 880 };
const RECORDS: Record<string, unknown> = {
  'cart/8c1f': { items: 3, total: 74.5 },
  'cart/b07e': { items: 1, total: 12 },
  'feature/checkout-v2': true,
  greeting: 'hello',
  'rate/EUR-USD': 1.0832,
  'session/ada': { since: '2026-11-22T07:00:00Z' },
  'session/grace': { since: '2026-11-22T07:12:00Z' },
};

/** The addresses of `npm start`, whatever ports this pair has. */
async function atDefaultAddresses(context: BrowserContext, { primary, replica }: Pair): Promise<void> {
  for (const [address, { url }] of [
    ['http://localhost:5000', primary],
    ['http://localhost:5001', replica],
  ] as const) {
    await context.route(`${address}/**`, (route) =>
      route.continue({ url: route.request().url().replace(address, url) }),
    );
  }
}

async function fill({ primary }: Pair): Promise<void> {
  for (const [key, value] of Object.entries(RECORDS)) {
    await fetch(`${primary.url}/key/${encodeURIComponent(key)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
    });
  }
}

const pair = await startPair();
const served = await serveConsole();
const browser = await launchBrowser();
try {
  await fill(pair);
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'light', locale: 'en-GB' });
  await atDefaultAddresses(context, pair);
  const page = await context.newPage();
  await page.goto(served.url);
  await page.getByRole('button', { name: 'session/ada' }).first().waitFor();
  await page.getByRole('button', { name: '__fail__ demonstration' }).click();
  await page.getByRole('article', { name: 'Replica' }).getByText('not here').waitFor();
  await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
  await page.screenshot({ path: FILE });
} finally {
  await Promise.allSettled([browser.close(), served.stop(), pair.stop()]);
}
