// Either node leads: the roles swap in the console by a button, with the primary's consent and without it, and what that
// costs is listed.
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { type Link, startLink } from '../support/link.ts';
import type { TestNode } from '../support/nodes.ts';
import { json, statusOf } from '../support/requests.ts';
import { until } from '../support/until.ts';
import { type Console, isFocused, type NodeName, shows, tabTo } from './console.ts';
import { useStage } from './stage.ts';

/** Through it the nodes reach each other. The browser reaches both without it. */
let line: Link;

const stage = useStage(async () => {
  line = await startLink();
  return line.env;
});
let console: Console;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  [a, b] = [stage.pair.primary, stage.pair.replica];
  await line.set('none');
  await until(async () => (await fetch(`${a.url}/promote`, { method: 'POST' })).ok);
  await fetch(`${a.url}/repair`, { method: 'POST' });
  await until(async () => (await statusOf(a)).inSync);
  await fetch(`${a.url}/divergent`, { method: 'DELETE' });
  console = await stage.open();
  await console.role('A', 'primary').waitFor();
});
afterAll(() => line?.stop());

const divergent = async (node: TestNode) => (await json(fetch(`${node.url}/divergent`))).writes;
const link = () => console.pairWords;
const promote = (node: NodeName) => console.panel(node).getByRole('button', { name: 'Promote', exact: true });
const force = (node: NodeName) => console.panel(node).getByRole('button', { name: 'Promote without the primary' });
const list = () => console.page.getByRole('region', { name: 'Divergent writes' });

const putText = ({ url }: TestNode, key: string, value: string) =>
  fetch(`${url}/key/${key}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: `{"value":${value}}`,
  });

/** Has B lead without A, while neither hears of the other. */
async function failOverToB(): Promise<void> {
  await line.set('cut');
  await promote('B').click();
  await shows(console.panel('B'), /There is no primary that could give the lead away/);
  await shows(console.panel('B'), 'Without the primary: writes that only it has become divergent.');
  await force('B').click();
  await shows(
    console.panel('B'),
    /Failover: node B leads in epoch \d+, after \d+ ms\. The former primary last said that it owed/,
  );
  await shows(link(), 'Both nodes lead: they have not heard of each other');
}

test('Promote swaps the roles: panels, words and writes follow', async () => {
  await console.openWire();
  await console.put('before', 'hello');
  await shows(console.exchanges.first(), 'A · primary');
  expect(await promote('A').isVisible()).toBe(false);

  await promote('B').click();
  await shows(console.panel('B'), /Switchover: node B leads in epoch \d+, after [\d,]+ ms\. No write is at risk\./);
  await shows(console.exchanges.first(), /POST\/promote.*B · replica.*200 OK.*Switchover: node B leads/);
  await console.role('B', 'primary').waitFor();
  await console.role('A', 'replica').waitFor();
  await promote('A').waitFor();
  expect(await promote('B').isVisible()).toBe(false);
  await shows(link(), 'Identical.');

  await console.put('before', 'to B');
  await shows(console.result, 'before is at version 2, on both nodes.');
  await shows(console.exchanges.first(), `Host: ${new URL(b.url).host}`);
  await shows(console.row('before'), /22replicated$/);
  await console.radio('replica').check();
  await console.button('Get').click();
  await shows(console.result, 'before is at version 2 on the replica:"to B"');
  await shows(console.exchanges.first(), `Host: ${new URL(a.url).host}`);
  await console.button('Repair now').click();
  await shows(console.result, /Repair: \d+ records? shipped, 0 failed, 0 left/);
  await console.faultsButton.click();
  await console.page.getByRole('region', { name: 'Node A (replica), in what arrives' }).waitFor();
  await console.fault('error', 'replica', false).click();
  await console.fault('error', 'replica', true).waitFor();
  expect((await json(fetch(`${a.url}/faults`))).faults).toMatchObject([{ kind: 'error' }]);
  await console.button('Clear all').click();
  await console.fault('error', 'replica', false).waitFor();
});

test('a write that a former primary refuses goes to the one that leads', async () => {
  await console.page.context().route('**/status', (route) => route.abort());
  expect((await fetch(`${b.url}/promote`, { method: 'POST' })).ok).toBe(true);
  await console.openWire();
  await console.put('led on', 'hello');
  await shows(console.result, /201 Created led on is at version 1/);
  await shows(console.exchanges.nth(1), '421 Misdirected Request');
  await shows(console.exchanges.nth(1), `Host: ${new URL(a.url).host}`);
  await shows(console.exchanges.first(), `Host: ${new URL(b.url).host}`);
});

test('a failover while neither hears of the other: both lead, then one write of two is divergent, and acknowledged', async () => {
  await console.put('split', 'together');
  await shows(console.row('split'), /11replicated$/);
  await failOverToB();
  await console.role('A', 'primary').waitFor();
  await console.role('B', 'primary').waitFor();
  await shows(console.page.locator('#written-to'), 'on node B');

  await console.put('split', '{"on": "B"}');
  await shows(console.result, /202 Accepted split is at version 2 on node B and not yet on node A/);
  await console.openWire();
  await shows(console.exchanges.first(), `Host: ${new URL(b.url).host}`);
  const onA = await json(putText(a, 'split', '12345678901234567890'));
  expect(onA).toMatchObject({ version: 2, status: 'replication_failed' });
  await shows(link(), 'Both nodes lead: they have not heard of each other, and 1 key differs by now.');
  await console.radio('node A').check();
  await console.button('Get').click();
  await shows(console.result, 'split is at version 2 on node A:');

  await line.set('none');
  await console.role('A', 'replica').waitFor();
  await shows(link(), 'Identical.');
  await console.page.getByRole('button', { name: /^Divergent/ }).click();
  const row = list().getByRole('row').filter({ hasText: 'split' });
  await shows(row, new RegExp(`split12345678901234567890${onA.version}.*\\(${onA.epoch}\\)`));
  await row.getByRole('button').click();
  expect(await console.key.inputValue()).toBe('split');
  await console.button('Get').click();
  await shows(console.result, 'on the replica:{ "on": "B" }');

  await console.button('Acknowledge all').click();
  await list().waitFor({ state: 'detached' });
  await console.openWire();
  await shows(console.exchanges.first(), 'DELETE/divergent');
  await shows(console.exchanges.first(), '1 divergent write acknowledged.');
  expect([await divergent(a), await divergent(b)]).toEqual([[], []]);
});

test('a promotion can be left with the keyboard, and the lead stays where it was', async () => {
  await line.set('cut');
  await tabTo(promote('B'));
  await console.page.keyboard.press('Enter');
  await force('B').waitFor();
  const notNow = console.panel('B').getByRole('button', { name: 'Not now' });
  await tabTo(notNow);
  await console.page.keyboard.press('Enter');
  await force('B').waitFor({ state: 'hidden' });
  expect(await isFocused(promote('B'))).toBe(true);
  expect((await statusOf(b)).role).toBe('replica');
});

test('a replica that lacks something is not promoted, and what it lacks is named', async () => {
  const faults = (method: string) =>
    fetch(`${b.url}/faults`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(method === 'PUT' && { body: JSON.stringify({ faults: [{ kind: 'error', keyPrefix: 'stuck' }] }) }),
    });
  await faults('PUT');
  await console.put('stuck', 'hello');
  await shows(console.result, '202 Accepted');
  await promote('B').click();
  await shows(console.panel('B'), "The lead was not given away, and all is as before: the replica lacks 'stuck'");
  await force('B').waitFor();
  await console.role('A', 'primary').waitFor();
  await faults('DELETE');
});

test('360 pixels are wide enough for it', async () => {
  const { page } = console;
  await page.setViewportSize({ width: 360, height: 640 });
  await console.put('split/'.repeat(30), 'together');
  await shows(console.result, 'on both nodes');
  await failOverToB();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await console.put('split/'.repeat(30), 'x'.repeat(300));
  await shows(console.result, '202 Accepted');
  await putText(a, 'split/'.repeat(30), `"${'y'.repeat(300)}"`);
  await line.set('none');
  await console.page.getByRole('button', { name: /^Divergent/ }).click();
  await list().waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});
