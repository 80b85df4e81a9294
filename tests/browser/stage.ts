// The stage that the tests of one file share, and a look at every console that they have opened on it.
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type Console, type Stage, startStage } from './console.ts';

type Env = Record<string, string>;

/**
 * A pair of nodes and a browser, for all tests of the file that calls this. After each test no script of a console may
 * have thrown, and the consoles are closed.
 * @param env gives further environment variables of both nodes, or is these
 */
export function useStage(env: Env | (() => Promise<Env>) = {}): Omit<Stage, 'stop'> {
  let stage: Stage;
  const opened: Console[] = [];
  beforeAll(async () => {
    stage = await startStage(typeof env === 'function' ? await env() : env);
  });
  afterEach(async () => {
    for (const { errors, page } of opened.splice(0)) {
      expect(errors).toEqual([]);
      await close(page);
    }
  });
  afterAll(() => stage?.stop());
  return {
    get pair() {
      return stage.pair;
    },
    async open(options) {
      const console = await stage.open(options);
      opened.push(console);
      return console;
    },
  };
}

/** What is under way in a route is awaited, and the page is left before, so that nothing new comes and none fails. */
async function close(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.context().unrouteAll({ behavior: 'wait' });
  await page.context().close();
}
