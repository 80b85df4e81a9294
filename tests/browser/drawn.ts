// What the stage draws over a while, and what it says: every token that was seen, in the order in which they appeared.
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';

export interface SeenToken {
  readonly key: string;
  readonly form: string;
  readonly tone: string;
  readonly waiting: string;
  readonly twin: string;
  /** Whether it has a ring that counts down. */
  readonly ring: boolean;
}

/** Notes from now on whatever token the stage draws. */
export async function noteTokens(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { document, MutationObserver } = globalThis as never as {
      document: { querySelector(selector: string): unknown };
      MutationObserver: new (callback: () => void) => { observe(element: unknown, options: object): void };
    };
    const noted = new Map<string, SeenToken>();
    Object.assign(globalThis, { noted });
    const stage = document.querySelector('.scene') as {
      querySelectorAll(selector: string): Iterable<{
        dataset: Record<'key' | 'form' | 'tone' | 'waiting' | 'twin', string>;
        querySelector(selector: string): unknown;
      }>;
    };
    const note = () => {
      for (const element of stage.querySelectorAll('.token')) {
        const { key, form, tone, waiting, twin } = element.dataset;
        const token = { key, form, tone, waiting, twin, ring: element.querySelector('.ring') !== null };
        noted.set(JSON.stringify(token), token);
      }
    };
    new MutationObserver(note).observe(stage, { subtree: true, childList: true, attributes: true });
  });
}

/** How long what moves is waited for, before it is done again: a busy machine may draw no frame while it lasts. */
const MOVES_MS = 3000;

/** Waits until a token like this was drawn. @param options of playwright */
export async function drew(page: Page, wanted: Partial<SeenToken>, options: { timeout?: number } = {}): Promise<void> {
  await page.waitForFunction(
    (like) => {
      const { noted } = globalThis as never as { noted: Map<string, Record<string, unknown>> };
      return [...noted.values()].some((token) => Object.entries(like).every(([name, value]) => token[name] === value));
    },
    wanted,
    options,
  );
}

/** Does something until a token like this was drawn, of those that are soon over. */
export function actUntilDrew(page: Page, act: () => Promise<void>, wanted: Partial<SeenToken>): Promise<unknown> {
  return until(async () => {
    await act();
    return drew(page, wanted, { timeout: MOVES_MS }).then(
      () => true,
      () => false,
    );
  });
}

/** The list of what just happened, once it says this. */
export async function said(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('.happened li').filter({ hasText: text }).first().waitFor();
}
