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
  /** The row of a key in the table of keys. */
  row(key: string): Locator;
  /** What a node holds of a key, as its row tells: the version, and on the replica how it differs. */
  copy(node: NodeName, key: string): Locator;
  /** Whether both nodes hold the same, in words. */
  readonly pairWords: Locator;
  /** The key that is open. */
  readonly detail: Locator;
  /** Opens the wire log. */
  openWire(): Promise<void>;
  put(key: string, value: string): Promise<void>;
  /** The switch of a kind of fault, on or off. */
  fault(kind: string, node: 'primary' | 'replica', isOn: boolean): Locator;
  /** The button that opens the drawer with the faults, and says which are on. */
  readonly faultsButton: Locator;
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
  /** The page's query. Absent: the addresses of the nodes. */
  readonly query?: string;
  /** Whether things may move. Absent: they may not. */
  readonly isMoving?: boolean;
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
    startPair(env, { isScheduled: false, serve: {} }),
    serveConsole(),
    launchBrowser(),
  ]);
  return {
    pair,
    async open({
      address = served.url,
      nodes = addressesOf(pair),
      prepare,
      isMoving = false,
      query = consoleQuery(nodes),
      state = 'up',
    } = {}) {
      const context = await browser.newContext({
        reducedMotion: isMoving ? 'no-preference' : 'reduce',
        // Without one the packaged browser knows no format of times.
        locale: 'en-US',
      });
      context.setDefaultTimeout(LIMIT_MS);
      await prepare?.(context);
      const page = await context.newPage();
      const opened = consoleOn(page);
      await page.goto(address + query);
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
  const row = (rowKey: string) =>
    page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: rowKey, exact: true }) });
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
    faultsButton: page.getByRole('button', { name: /^Break it on purpose/ }),
    token: page.getByLabel('Token', { exact: true }),
    tokenHint: page.locator('#token-hint'),
    fault: (kind, node, isOn) => page.getByRole('switch', { name: `${kind} on the ${node}`, checked: isOn }),
    radio: (name) => page.getByRole('radio', { name, exact: true }),
    row,
    copy: (node, rowKey) =>
      row(rowKey)
        .getByRole('gridcell')
        .nth(node === 'A' ? 1 : 2),
    pairWords: page.locator('#pair-words'),
    detail: page.locator('.key-detail'),
    openWire: () => page.getByRole('button', { name: /^Wire log/ }).click(),
    async put(newKey, newValue) {
      await key.fill(newKey);
      await value.fill(newValue);
      await button('Put').click();
    },
  };
}
