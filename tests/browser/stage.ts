// The stage that the tests of one file share, and a look at every console that they have opened on it.
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { type Console, type Stage, startStage } from './console.ts';

/**
 * A pair of nodes and a browser, for all tests of the file that calls this. After each test no script of a console may
 * have thrown, and the consoles are closed.
 */
export function useStage(): Omit<Stage, 'stop'> {
  let stage: Stage;
  const opened: Console[] = [];
  beforeAll(async () => {
    stage = await startStage();
  }, 90_000);
  afterEach(async () => {
    for (const { errors, page } of opened.splice(0)) {
      expect(errors).toEqual([]);
      await page.close();
    }
  });
  afterAll(() => stage?.stop());
  return {
    get pair() {
      return stage.pair;
    },
    async open(address) {
      const console = await stage.open(address);
      opened.push(console);
      return console;
    },
  };
}
