// Nodes that are killed, frozen and started from where one watches: the buttons on the stage, under `npm start`.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { freeEnv, type Ports, start, stopStarted, untilRunning } from '../support/start.ts';
import { LIMIT_MS } from '../support/until.ts';
import { shows } from './console.ts';
import { said } from './drawn.ts';

let env: Ports;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  env = await freeEnv();
  const started = start({ ...env, SCHEDULE: 'off' });
  [browser] = await Promise.all([launchBrowser(), untilRunning(started)]);
  const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-US' });
  context.setDefaultTimeout(LIMIT_MS);
  page = await context.newPage();
  const nodes = new URLSearchParams({
    primary: `http://localhost:${env.PRIMARY_PORT}`,
    replica: `http://localhost:${env.REPLICA_PORT}`,
  });
  await page.goto(`http://localhost:${env.CONSOLE_PORT}/?${nodes}`);
});

afterAll(async () => {
  await browser?.close();
  stopStarted();
});

const node = (name: 'A' | 'B') => page.getByRole('article', { name: `Node ${name}` });
const press = (label: string, name: 'A' | 'B') => page.getByRole('button', { name: `${label} node ${name}` }).click();

test('the replica is killed, the write waits for it, and started it gets it', async () => {
  await shows(page.locator('#link'), 'Both hold the same');
  await press('Kill', 'B');
  await shows(node('B'), 'Was killed');
  await said(page, 'B was killed.');
  await shows(page.locator('#link'), 'Replica B is down');

  await page.getByLabel('Key', { exact: true }).fill('meanwhile');
  await page.getByLabel('Value', { exact: true }).fill('written');
  await page.getByRole('button', { name: 'Put', exact: true }).click();
  await page.locator('.token[data-waiting="true"][data-key="meanwhile"]').waitFor();
  expect(await page.getByRole('button', { name: 'Kill node B' }).count()).toBe(0);

  await press('Start', 'B');
  await shows(page.locator('#link'), 'Both hold the same');
  await shows(node('B'), 'meanwhile');
});

// Windows knows no such signal: there is no button there.
(process.platform === 'win32' ? test.skip : test)('a node is frozen, and thawed', async () => {
  await press('Freeze', 'A');
  await shows(node('A'), 'Is frozen');
  await shows(page.locator('#link'), 'Primary A is frozen');
  await press('Thaw', 'A');
  await shows(page.locator('#link'), 'Both hold the same');
});
