// The table of keys: all of them, what differs, what is not copied; and the key that is open, with its timeline.
import { beforeAll, expect, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { json } from '../support/requests.ts';
import { until } from '../support/until.ts';
import { type Console, isFocused, shows, tabTo } from './console.ts';
import { useStage } from './stage.ts';

/** More than the table reads at once, and more than it draws. */
const MANY = 450;
/** Writes that are under way at the same time. */
const AT_ONCE = 30;
const LONG = `a/long/key/${'with-many-parts/'.repeat(12)}end`;

const stage = useStage();
let console: Console;

const request = (method: string, key: string, value?: unknown) =>
  fetch(`${stage.pair.primary.url}/key/${encodeURIComponent(key)}`, {
    method,
    ...(value !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
    }),
  });
const write = (key: string, value: unknown) => request('PUT', key, value);
const manyKey = (i: number) => `many/${`${i}`.padStart(3, '0')}`;

beforeAll(async () => {
  for (let i = 0; i < MANY; i += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, j) => write(manyKey(i + j), { number: i + j })));
  await write(LONG, 'x'.repeat(2000));
  await write('gone', 1);
  await write('stale', 'old');
});

const rows = () => console.page.locator('.keys-space > .key-row');
const countWords = () => console.page.locator('#keys-count');
const reachable = () => console.page.locator('[role=grid] [tabindex="0"]');

/** Where something is, in the page, in pixels. */
async function placeOf(locator: Locator): Promise<string> {
  return locator.evaluate((element) => {
    const { x, y, width, height } = (
      element as unknown as { getBoundingClientRect(): DOMRectLike }
    ).getBoundingClientRect();
    return JSON.stringify({ x, y, width, height });
  });
}
type DOMRectLike = Record<'x' | 'y' | 'width' | 'height', number>;

test('of many keys some are drawn, and the keyboard leads to the last one', async () => {
  console = await stage.open();
  await shows(countWords(), `${MANY + 3} keys`);
  await console.row(LONG).waitFor();
  expect(await rows().count()).toBeLessThan(60);
  expect(await console.page.getByRole('grid', { name: 'Keys' }).getAttribute('aria-rowcount')).toBe(`${MANY + 4}`);

  await tabTo(reachable());
  await console.page.keyboard.press('End');
  await until(() => isFocused(console.row('stale')));
  await console.page.keyboard.press('ArrowUp');
  await until(() => isFocused(console.row(manyKey(MANY - 1))));
  expect(await console.row(manyKey(MANY - 1)).getAttribute('aria-rowindex')).toBe(`${MANY + 3}`);
  expect(await rows().count()).toBeLessThan(60);
  await shows(console.row(manyKey(MANY - 1)), `{"number":${MANY - 1}}`);
  await console.page.keyboard.press('Home');
  await until(() => isFocused(console.row(LONG)));
});

test('a prefix leaves the keys that begin with it', async () => {
  console = await stage.open();
  await console.page.getByLabel('Only keys that begin with').fill('many/00');
  await shows(countWords(), /^10 keys$/);
  await console.row('stale').waitFor({ state: 'detached' });
  await console.row(manyKey(9)).waitFor();
  await console.page.getByLabel('Only keys that begin with').fill('none');
  await shows(console.page.getByRole('grid'), 'No key begins with none.');
});

test('what differs, and what is not copied, deletions included, is found among all keys', async () => {
  console = await stage.open();
  const { replica, primary } = stage.pair;
  const setFaults = (faults: object[]) =>
    fetch(`${replica.url}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ faults }),
    });
  await setFaults([{ kind: 'error', ttl: 3600 }]);
  await write('stale', 'new');
  await write('unseen', 1);
  await request('DELETE', 'gone');

  await console.radio('only what differs').check();
  await shows(countWords(), `${MANY + 4} keys compared by`);
  await shows(countWords(), '3 differ.');
  await shows(console.copy('B', 'stale'), /^1older$/);
  await shows(console.copy('B', 'unseen'), /^–not here$/);
  await shows(console.copy('B', 'gone'), /^1extra$/);
  expect(await rows().count()).toBe(3);

  await console.radio('only what is not copied').check();
  await shows(countWords(), '3 records not copied, the oldest first.');
  await shows(console.row('gone'), /^gone.*\(deleted\)$/);
  await shows(console.row('stale'), 'replica answered 500');
  expect(await rows().count()).toBe(3);

  await setFaults([]);
  await until(async () => {
    await fetch(`${primary.url}/repair`, { method: 'POST' });
    return (await json(fetch(`${primary.url}/status`))).backlog.count === 0;
  });
  await shows(console.page.getByRole('grid'), 'Everything is copied.');
  await console.radio('only what differs').check();
  await shows(console.page.getByRole('grid'), 'Nothing differs.');
});

test('an open key shows its value on both nodes, and its timeline is that of its status', async () => {
  console = await stage.open();
  await console.put('timed', '__fail__');
  await shows(console.result, '202 Accepted');
  await console.page.getByLabel('Only keys that begin with').fill('timed');
  await console.row('timed').click();
  await shows(console.detail, 'Node A, primaryversion 1');
  await shows(console.detail, 'Node B, replicaIt is not here.');
  await shows(console.detail, 'The client sent PUT: answered 202');
  await shows(console.detail, /Attempt 1: failed, replica answered 500 .*after \d+ ms\./);
  await shows(console.detail, /It waited for .* so far\./);

  await console.put('timed', '{"now": 12345678901234567890}');
  // Where the machine is busy, the write may not wait for its copy.
  await until(async () => (await json(fetch(`${stage.pair.primary.url}/status/timed`))).status === 'replicated');
  await shows(console.detail, 'Timeline of version 2');
  const { lagMs, attempts } = await json(fetch(`${stage.pair.primary.url}/status/timed`));
  await shows(console.detail, `Attempt 1: ${attempts[0].outcome}, after ${attempts[0].durationMs} ms.`);
  for (const name of ['Node A, primary', 'Node B, replica'])
    await shows(console.detail.getByRole('region', { name }), '{ "now": 12345678901234567890 }');
  expect(lagMs).toBeGreaterThanOrEqual(attempts[0].durationMs);
  await shows(console.detail.locator('.lane').filter({ hasText: 'replica' }).locator('.bar'), '');
  await console.page.keyboard.press('Escape');
});

test('what opens moves nothing, and what is long can be read, on a projector and on a phone', async () => {
  console = await stage.open();
  const { page } = console;
  for (const [width, characters] of [
    [1024, 20],
    [390, 30],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    await shows(console.row(LONG), 'replicated');
    const isReadable = `(() => {
      const key = document.querySelector('.key-text');
      return key.clientWidth / Number.parseFloat(getComputedStyle(key).fontSize) / 0.65 >= ${characters};
    })()`;
    await until(() => page.evaluate<boolean>(isReadable));
    await console.row(LONG).click();
    await shows(console.detail, LONG);
    await shows(console.detail, `"${'x'.repeat(2000)}"`);
    await console.detail.getByRole('button', { name: 'Close' }).click();

    const parts = page.locator('main > *');
    await page.evaluate('scrollTo(0, 0)');
    const before = await Promise.all((await parts.all()).map(placeOf));
    await console.faultsButton.click();
    await page.getByRole('region', { name: 'Break it on purpose' }).waitFor();
    await page.evaluate('scrollTo(0, 0)');
    const opened = await Promise.all((await parts.all()).map(placeOf));
    // The request bar sticks to the upper edge of the drawer: it stays at hand.
    const isBar = await Promise.all(
      (await parts.all()).map((part) =>
        part.evaluate((each) => /request-bar/.test((each as unknown as { className: string }).className)),
      ),
    );
    expect(opened.filter((_, i) => !isBar[i])).toEqual(before.filter((_, i) => !isBar[i]));
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'Break it on purpose' }).waitFor({ state: 'detached' });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  }
});
