// The first seconds of the console: what it shows of before, that it fits, that nothing jumps, and that nothing is logged as an error.
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';
import { violationsOf } from './axe.ts';
import { shows } from './console.ts';
import { said } from './drawn.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const NOTE_SHIFTS = `
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) shifted += value;
  }).observe({ type: 'layout-shift', buffered: true });
  globalThis.seen = new Set();
  addEventListener('DOMContentLoaded', () => {
    const note = () => { for (const { dataset } of document.querySelectorAll('.token')) seen.add(dataset.key); };
    new MutationObserver(note).observe(document, { subtree: true, childList: true });
  });
`;

async function write(key: string, value: unknown): Promise<void> {
  await fetch(`${stage.pair.primary.url}/key/${encodeURIComponent(key)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value }),
  });
}

const bottomOf = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).evaluate((element) => element.getBoundingClientRect().bottom);

test('what happened before it was opened is there, in words, values and the plot, and nothing of it moves', async () => {
  await write('earlier', { was: 'here' });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const errors: string[] = [];
  const { page, panel } = await stage.open({
    isMoving: true,
    async prepare(context) {
      await context.addInitScript(NOTE_SHIFTS);
      context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    },
  });
  for (const node of ['A', 'B'] as const) await shows(panel(node), 'earlier{"was":"here"}v1');
  await said(page, '“earlier” is on both nodes');
  await until(() => page.evaluate<boolean>('Number(document.querySelector(".scrubber").min) < Date.now() - 3000'));

  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await bottomOf(page, '.request-bar')).toBeLessThan(await page.evaluate<number>('innerHeight'));
  expect(await bottomOf(page, '.plot')).toBeLessThanOrEqual(
    await page.locator('.request-bar').evaluate((element) => element.getBoundingClientRect().top),
  );
  await page.setViewportSize({ width: 1024, height: 768 });
  expect(await bottomOf(page, '.stage')).toBeLessThanOrEqual(
    await page.locator('.request-bar').evaluate((element) => element.getBoundingClientRect().top),
  );
  expect(await page.evaluate('[...seen]')).toEqual([]);
  expect(errors).toEqual([]);
});

test.each([
  [1440, 900],
  [1024, 768],
  [390, 844],
])('nothing jumps while it opens, at %i by %i, and axe finds nothing', async (width, height) => {
  const { page, panel } = await stage.open({
    async prepare(context) {
      await context.addInitScript(NOTE_SHIFTS);
      const opened = new Promise<Page>((resolve) => context.once('page', resolve));
      void opened.then((page) => page.setViewportSize({ width, height }));
    },
  });
  await page.locator('.values li:not(.none)').first().waitFor();
  expect(await page.evaluate<number>('shifted')).toBeLessThan(0.05);
  for (const node of ['A', 'B'] as const)
    expect(
      await panel(node)
        .locator('.doing')
        .evaluate((words) => words.scrollWidth - words.clientWidth),
    ).toBe(0);
  expect(await violationsOf(page)).toEqual([]);
});

test('a browser whose language is none shows the page nevertheless', async () => {
  const { page, pairWords } = await stage.open({
    prepare: (context) =>
      context.addInitScript(`Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US@posix' })`),
  });
  await shows(pairWords, 'Identical.');
  expect(await page.evaluate('navigator.language')).toBe('en-US');
});
