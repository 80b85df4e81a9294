// The console as its user meets it: what there is to fill in and to press, and where to read what became of it.
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import {
  addressesOf,
  consoleQuery,
  launchBrowser,
  type NodeAddresses,
  type ServedConsole,
  serveConsole,
} from '../support/browser.ts';
import { type Pair, startPair } from '../support/nodes.ts';
import { LIMIT_MS } from '../support/until.ts';

/** `A` begins as the primary, `B` as the replica. */
export type NodeName = 'A' | 'B';

export interface Console {
  readonly page: Page;
  readonly key: Locator;
  readonly value: Locator;
  readonly result: Locator;
  /** The exchanges of the wire log, newest first. */
  readonly exchanges: Locator;
  button(name: string): Locator;
  radio(name: string): Locator;
  panel(node: NodeName): Locator;
  /** The heading of a node's panel, once it says this of its role. */
  role(node: NodeName, says: string): Locator;
  /** The row of a key in a node's table. */
  row(node: NodeName, key: string): Locator;
  put(key: string, value: string): Promise<void>;
  /** The switch of a kind of fault, on or off. */
  fault(kind: string, node: 'primary' | 'replica', isOn: boolean): Locator;
  /** The chart of the backlog, once it says so. */
  chart(says: RegExp): Locator;
  readonly faultsSummary: Locator;
  readonly token: Locator;
  /** What the nodes have against the token. */
  readonly tokenHint: Locator;
  /** Errors that scripts of the page have thrown. */
  readonly errors: Error[];
}

export interface OpenOptions {
  /** Where the page is, without its query. */
  readonly address?: string;
  /** Where it looks for the nodes. */
  readonly nodes?: NodeAddresses;
  /** Done before the page is opened. */
  readonly prepare?: (context: BrowserContext) => Promise<unknown>;
  /** What the panel of node B says at first. */
  readonly state?: string;
}

export interface Stage {
  readonly pair: Pair;
  open(options?: OpenOptions): Promise<Console>;
  stop(): Promise<void>;
}

/** A pair of nodes and a browser. @param env further environment variables of both nodes */
export async function startStage(env: Record<string, string> = {}): Promise<Stage> {
  const [pair, served, browser]: [Pair, ServedConsole, Browser] = await Promise.all([
    // The scheduled repair would come in between now and then, and change what is shown.
    startPair(env, { isScheduled: false }),
    serveConsole(),
    launchBrowser(),
  ]);
  return {
    pair,
    async open({ address = served.url, nodes = addressesOf(pair), prepare, state = 'up' } = {}) {
      const context = await browser.newContext({ reducedMotion: 'reduce' });
      context.setDefaultTimeout(LIMIT_MS);
      await prepare?.(context);
      const page = await context.newPage();
      const opened = consoleOn(page);
      await page.goto(address + consoleQuery(nodes));
      await shows(opened.panel('B'), state);
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

export const isFocused = (locator: Locator) =>
  locator.evaluate((element) => element === element.ownerDocument.activeElement);

export async function tabTo(locator: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await isFocused(locator)) return;
    await locator.page().keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${locator}.`);
}

/** What the browser says about a field that it will not send. */
export const complaint = (field: Locator): Promise<string> =>
  field.evaluate((element) => (element as unknown as { validationMessage: string }).validationMessage);

function consoleOn(page: Page): Console {
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  const key = page.getByLabel('Key', { exact: true });
  const value = page.getByLabel('Value', { exact: true });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const panel = (node: NodeName) => page.getByRole('article', { name: `Node ${node}` });
  return {
    page,
    key,
    value,
    button,
    panel,
    role: (node, says) => page.getByRole('heading', { name: `Node ${node} ${says}`, exact: true }),
    errors,
    result: page.getByRole('status', { name: 'Result' }),
    exchanges: page.getByRole('region', { name: 'On the wire' }).getByRole('listitem'),
    faultsSummary: page.locator('summary').filter({ hasText: 'Break it on purpose' }),
    token: page.getByLabel('Token', { exact: true }),
    tokenHint: page.locator('#token-hint'),
    fault: (kind, node, isOn) => page.getByRole('switch', { name: `${kind} on the ${node}`, checked: isOn }),
    chart: (says) => page.getByRole('img', { name: says }),
    radio: (name) => page.getByRole('radio', { name, exact: true }),
    row: (node, rowKey) =>
      panel(node)
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name: rowKey, exact: true }) }),
    async put(newKey, newValue) {
      await key.fill(newKey);
      await value.fill(newValue);
      await button('Put').click();
    },
  };
}
