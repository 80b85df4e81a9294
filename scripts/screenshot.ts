// `npm run screenshot`: docs/console.png and docs/console-dark.png, the console at one moment of a run of `npm start`: a replica that
// was down and was filled again is in the plot, and now one write is on its way, one is refused, and some wait.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from '../tests/support/browser.ts';
import { until } from '../tests/support/until.ts';
import type { StatusTold } from '../ui/watch/seen.ts';
import { startShownRun } from './pictures/shown-run.ts';
import { ROOT } from './root.ts';

const SIZE = { width: 1440, height: 1080 };
const FILES = { light: 'docs/console.png', dark: 'docs/console-dark.png' } as const;

const run = await startShownRun();
const { primary, replica, launcher } = run;

const send = (method: string, url: string, body?: unknown) =>
  fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const write = (key: string, value: unknown) => send('PUT', `${primary}/key/${encodeURIComponent(key)}`, { value });
const fault = (kind: string, keyPrefix: string, delayMs = 0) =>
  send('POST', `${replica}/faults`, { kind, keyPrefix, delayMs, ttl: 90 });
const launch = (deed: string) => send('POST', `${launcher}/replica/${deed}`);
const untilCopied = () =>
  until(async () => ((await (await fetch(`${primary}/status`)).json()) as StatusTold).backlog?.count === 0);

async function writeAll(records: Readonly<Record<string, unknown>>, pauseMs: number): Promise<void> {
  for (const [key, value] of Object.entries(records)) {
    await write(key, value);
    await sleep(pauseMs);
  }
}

/** What is in the plot: writes, and a replica that was killed, missed some, and was filled. */
async function playPast(): Promise<void> {
  await writeAll({ greeting: 'hello', 'rate/EUR-USD': 1.0832, 'cart/8c1f': { items: 3, total: 74.5 } }, 5000);
  await launch('kill');
  await writeAll(
    { 'cart/b07e': { items: 1, total: 12 }, 'cart/8c1f': { items: 4, total: 98.5 }, 'cart/11d2': { items: 2 } },
    4000,
  );
  await writeAll({ 'rate/EUR-USD': 1.0841, 'rate/EUR-GBP': 0.8467 }, 4000);
  await launch('start');
  await untilCopied();
  await sleep(35_000);
}

/** What is on the stage. @returns when, in milliseconds */
async function playPresent(page: Page): Promise<number> {
  await fault('error', 'session/');
  await writeAll({ 'session/ada': { since: '08:30' }, 'session/grace': { since: '08:31' } }, 4000);
  await sleep(6000);
  await fault('delay', 'greeting', 1500);
  await page.getByLabel('Key', { exact: true }).fill('session/alan');
  await page.getByLabel('Value', { exact: true }).fill('{"since":"08:32"}');
  const put = Date.now();
  await page.getByRole('button', { name: 'Put', exact: true }).click();
  await sleep(500);
  void write('greeting', 'hello again');
  await sleep(1300);
  return put + MOMENT_MS;
}

/** After the last write it has bounced off the replica, while the other one is on its way. */
const MOMENT_MS = 1800;

/** The page draws this moment, and looks at nothing any more. It is a picture of the recording: time may go back. */
const stopAt = (page: Page, time: number) =>
  page.evaluate(`Date.now = () => ${time}; Object.defineProperty(document, 'hidden', { get: () => true })`);

try {
  const page = await run.open({ context: { viewport: SIZE, colorScheme: 'light' } });
  await playPast();
  await stopAt(page, await playPresent(page));
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // The words follow the picture at their own pace.
    await sleep(1500);
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path: join(ROOT, FILES[colorScheme]) });
  }
} finally {
  await run.stop();
}
