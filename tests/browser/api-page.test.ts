// The page that shows the API: it loads nothing from elsewhere, and what is tried there reaches a node.
import { expect, test } from '@jest/globals';
import { useStage } from './stage.ts';

const stage = useStage();

test('/docs shows each route of a node, and a request that is tried there is answered', async () => {
  const { page } = await stage.open();
  const errors: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('request', (request) => hosts.add(new URL(request.url()).hostname));
  await page.goto(new URL(`/docs?port=${new URL(stage.pair.primary.url).port}`, page.url()).href);
  const health = page.locator('#operations-State-health');
  await health.locator('.opblock-summary-control').click();
  await health.locator('button.execute').click();
  await health.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  for (const tag of ['Keys', 'Operation', 'Failures on purpose', 'Between the nodes'])
    expect(await page.locator('.opblock-tag', { hasText: tag }).count()).toBe(1);
  expect(await page.locator('#operations-Keys-put').count()).toBe(1);
  expect([...hosts].filter((host) => host !== 'localhost' && host !== '127.0.0.1' && host !== '')).toEqual([]);
  expect(errors).toEqual([]);
});
