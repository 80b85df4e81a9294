// The console as its user meets it: what there is to fill in and to press, and where to read what became of it.
import type { Browser, Locator, Page } from 'playwright-core';
import { consoleQuery, launchBrowser, type ServedConsole, serveConsole } from '../support/browser.ts';
import { type Pair, startPair } from '../support/nodes.ts';

export type Role = 'Primary' | 'Replica';

export interface Console {
  readonly page: Page;
  readonly key: Locator;
  readonly value: Locator;
  readonly result: Locator;
  /** The exchanges of the wire log, newest first. */
  readonly exchanges: Locator;
  button(name: string): Locator;
  radio(name: string): Locator;
  panel(role: Role): Locator;
  /** The row of a key in a node's table. */
  row(role: Role, key: string): Locator;
  put(key: string, value: string): Promise<void>;
  /** Errors that scripts of the page have thrown. */
  readonly errors: Error[];
}

export interface Stage {
  readonly pair: Pair;
  open(address?: string): Promise<Console>;
  stop(): Promise<void>;
}

/** A pair of nodes and a browser. */
export async function startStage(): Promise<Stage> {
  const [pair, served, browser]: [Pair, ServedConsole, Browser] = await Promise.all([
    startPair(),
    serveConsole(),
    launchBrowser(),
  ]);
  return {
    pair,
    async open(address = served.url) {
      const page = await browser.newPage({ reducedMotion: 'reduce' });
      const opened = consoleOn(page);
      await page.goto(address + consoleQuery(pair));
      await shows(opened.panel('Replica'), 'up');
      return opened;
    },
    async stop() {
      await Promise.all([browser.close(), served.stop(), pair.stop()]);
    },
  };
}

/** Waits until the text is there. */
export async function shows(locator: Locator, text: string | RegExp): Promise<void> {
  await locator.filter({ hasText: text }).waitFor();
}

function consoleOn(page: Page): Console {
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  const key = page.getByLabel('Key', { exact: true });
  const value = page.getByLabel('Value', { exact: true });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const panel = (role: Role) => page.getByRole('article', { name: role });
  return {
    page,
    key,
    value,
    button,
    panel,
    errors,
    result: page.getByRole('status', { name: 'Result' }),
    exchanges: page.getByRole('region', { name: 'On the wire' }).getByRole('listitem'),
    radio: (name) => page.getByRole('radio', { name, exact: true }),
    row: (role, rowKey) =>
      panel(role)
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name: rowKey, exact: true }) }),
    async put(newKey, newValue) {
      await key.fill(newKey);
      await value.fill(newValue);
      await button('Put').click();
    },
  };
}
