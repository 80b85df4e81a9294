// What axe finds against the accessibility of a page as it is now, light and dark.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

/** @returns each violation with the element, in words; of the page in light colours and in dark ones */
export async function violationsOf(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const violations = (await page.evaluate(
      `${SOURCE}; axe.run().then(({ violations }) => violations)`,
    )) as Violation[];
    for (const { id, nodes } of violations)
      found.push(...nodes.map(({ target, failureSummary }) => `${colorScheme}: ${id} at ${target}: ${failureSummary}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}
