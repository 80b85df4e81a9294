// `npm start -- --fast` with its launcher, and a browser on its console: for what needs nodes that can be killed from the page.
import type { Browser, Page } from 'playwright-core';
import { consoleQuery, launchBrowser } from '../support/browser.ts';
import { FAST, freeEnv, start, stopStarted, untilRunning } from '../support/start.ts';
import { LIMIT_MS } from '../support/until.ts';

export interface OpenedPage {
  readonly page: Page;
  /** Errors that scripts of the page have thrown. */
  readonly errors: Error[];
}

export interface Launched {
  /** @param query beside the addresses of the nodes, as in `tour=3` */
  open(query?: string, options?: { readonly colorScheme?: 'light' | 'dark' }): Promise<OpenedPage>;
  stop(): Promise<void>;
}

/** Nothing is repaired on a schedule: what heals, heals because of what is done. */
export async function startLaunched(): Promise<Launched> {
  const env = await freeEnv();
  const started = start({ ...env, SCHEDULE: 'off' }, FAST);
  const [browser]: [Browser, unknown] = await Promise.all([launchBrowser(), untilRunning(started)]);
  const nodes = { primary: `http://localhost:${env.PRIMARY_PORT}`, replica: `http://localhost:${env.REPLICA_PORT}` };
  return {
    async open(query = '', { colorScheme = 'light' } = {}) {
      const context = await browser.newContext({
        reducedMotion: 'reduce',
        colorScheme,
        viewport: { width: 1440, height: 1000 },
        locale: 'en-US',
      });
      context.setDefaultTimeout(LIMIT_MS);
      const page = await context.newPage();
      const errors: Error[] = [];
      page.on('pageerror', (error) => errors.push(error));
      await page.goto(`http://localhost:${env.CONSOLE_PORT}/${consoleQuery(nodes)}&${query}`);
      return { page, errors };
    },
    async stop() {
      await browser.close();
      stopStarted();
    },
  };
}
