// A run of `npm start -- --fast` to make pictures of: its nodes are on free ports, and the page shows the usual ones.
import type { Role } from '../../lib/role.ts';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  consoleQuery,
  launchBrowser,
  type Page,
} from '../../tests/support/browser.ts';
import { freeEnv, type Ports, start, stopStarted, untilRunning } from '../../tests/support/start.ts';

/** The ports of `npm start`. */
const SHOWN: Ports = { PRIMARY_PORT: '5000', REPLICA_PORT: '5001', CONSOLE_PORT: '8000' };
const NODES = { primary: 'http://localhost:5000', replica: 'http://localhost:5001' };

export interface OpenOptions {
  readonly context: BrowserContextOptions;
  /** Beside the addresses of the nodes, as in `tour=3`. */
  readonly query?: string;
  /** Done before the page is opened. */
  readonly prepare?: (page: Page) => Promise<void>;
  /** Makes what the page gets of what a node answers. */
  readonly answers?: (text: string) => string;
}

export interface ShownRun {
  /** Where the nodes and the launcher are, for requests that do not come from the page. */
  readonly primary: string;
  readonly replica: string;
  readonly launcher: string;
  /** @returns the page once both nodes are seen to be up */
  open(options: OpenOptions): Promise<Page>;
  stop(): Promise<void>;
}

/** Nothing is repaired on a schedule: what heals, heals because of what is done. */
export async function startShownRun(): Promise<ShownRun> {
  const env = await freeEnv();
  const browser: Browser = await launchBrowser();
  const stop = async () => {
    await browser.close();
    stopStarted();
  };
  try {
    await untilRunning(start({ ...env, SCHEDULE: 'off' }, '--fast'));
  } catch (error) {
    await stop();
    throw error;
  }
  const console = `http://localhost:${env.CONSOLE_PORT}`;
  const places = {
    primary: `http://localhost:${env.PRIMARY_PORT}`,
    replica: `http://localhost:${env.REPLICA_PORT}`,
    launcher: `${console}/launcher`,
  };
  return {
    ...places,
    async open({ context: options, query = '', prepare, answers }) {
      const context = await browser.newContext({ locale: 'en-GB', ...options });
      await atUsualPorts(context, places, answers);
      const page = await context.newPage();
      await prepare?.(page);
      await page.goto(`${console}/${consoleQuery(NODES)}&${query}`);
      await page.getByRole('article', { name: 'Node B' }).filter({ hasText: 'up' }).waitFor();
      return page;
    },
    stop,
  };
}

/** The page finds the nodes, and their processes, at the usual ports. */
async function atUsualPorts(
  context: BrowserContext,
  { primary, replica, launcher }: Pick<ShownRun, 'primary' | 'replica' | 'launcher'>,
  answers: OpenOptions['answers'],
): Promise<void> {
  for (const [address, node] of [
    [NODES.primary, primary],
    [NODES.replica, replica],
  ] as const) {
    await context.route(`${address}/**`, async (route) => {
      const url = route.request().url().replace(address, node);
      if (!answers) return route.continue({ url });
      const response = await route.fetch({ url }).catch(() => undefined);
      if (!response) return route.abort();
      return route.fulfill({ response, body: answers(await response.text()) });
    });
  }
  await context.route(launcher, async (route) => {
    const told = (await (await fetch(launcher)).json()) as { nodes: Record<Role, { port: number }> };
    for (const role of ['primary', 'replica'] as const)
      told.nodes[role].port = Number(SHOWN[`${role.toUpperCase()}_PORT` as keyof Ports]);
    await route.fulfill({ json: told });
  });
}
