// `npm run screenshot`: docs/console.png, the console while records of one prefix do not arrive at the replica.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContext, launchBrowser, type Page, serveConsole } from '../tests/support/browser.ts';
import { type Pair, startPair } from '../tests/support/nodes.ts';
import { ROOT } from './build.ts';

const FILE = join(ROOT, 'docs/console.png');
const SIZE = { width: 1280, height: 1060 };
const RECORDS: Record<string, unknown> = {
  'cart/8c1f': { items: 3, total: 74.5 },
  'cart/b07e': { items: 1, total: 12 },
  greeting: 'hello',
  'rate/EUR-USD': 1.0832,
  'session/ada': { since: '2026-11-22T07:00:00Z' },
  'session/grace': { since: '2026-11-22T07:12:00Z' },
};
const STORY_SECONDS = 119;
/** From this second on the story takes its time, so that the ages that the nodes tell fit the chart. */
const LEISURE = 82;

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

async function put(url: string, body: unknown): Promise<void> {
  await fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/** Two minutes of the page's clock, in less than one: the backlog grows, is shipped, and grows a little again. */
async function playStory(page: Page, { primary, replica }: Pair): Promise<void> {
  const write = (key: string, value: unknown) => put(`${primary.url}/key/${encodeURIComponent(key)}`, { value });
  const refuse = (...keyPrefixes: string[]) =>
    put(`${replica.url}/faults`, { faults: keyPrefixes.map((keyPrefix) => ({ kind: 'error', keyPrefix, ttl: 90 })) });
  const scenes: Record<number, () => Promise<unknown>> = {
    24: () => refuse(''),
    60: () => refuse(),
    61: () => fetch(`${primary.url}/repair`, { method: 'POST' }),
    82: () => refuse('session/'),
    88: () => write('session/ada', { since: '2026-11-22T08:30:00Z' }),
    97: () => write('session/grace', { since: '2026-11-22T08:31:00Z' }),
    106: () => page.getByRole('button', { name: '__fail__ demonstration' }).click(),
  };
  for (const [i, [key, value]] of Object.entries(RECORDS).entries()) scenes[26 + 5 * i] = () => write(key, value);

  for (let second = 0; second <= STORY_SECONDS; second++) {
    if (second > LEISURE) await sleep(1000);
    await scenes[second]?.();
    await page.clock.setFixedTime(Date.now() - Math.max(0, LEISURE - second) * 1000);
    const looked = page.waitForResponse((response) => new URL(response.url()).pathname === '/keys');
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await looked;
  }
}

const pair = await startPair();
const served = await serveConsole();
const browser = await launchBrowser();
try {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'light', locale: 'en-GB' });
  await atDefaultAddresses(context, pair);
  const page = await context.newPage();
  await page.clock.setFixedTime(Date.now() - LEISURE * 1000);
  await page.goto(served.url);
  await page.getByText('Break it on purpose').click();
  await playStory(page, pair);
  await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
  await page.screenshot({ path: FILE });
} finally {
  await Promise.allSettled([browser.close(), served.stop(), pair.stop()]);
}
