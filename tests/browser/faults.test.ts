// “Break it on purpose”: what the switches do, and that nothing is lost or done twice.
import { afterEach, expect, test } from '@jest/globals';
import { until } from '../support/until.ts';
import { type Console, complaint, isFocused, shows, tabTo } from './console.ts';
import { useStage } from './stage.ts';

const stage = useStage();
let console: Console;

afterEach(async () => {
  const { primary, replica } = stage.pair;
  for (const { url } of [primary, replica]) await fetch(`${url}/faults`, { method: 'DELETE' });
  await fetch(`${primary.url}/repair`, { method: 'POST' });
});

async function openFaults(): Promise<void> {
  console = await stage.open();
  await console.faultsButton.click();
  // So that none ends before its test does.
  await field('Time to live (s)').fill('3600');
}

const field = (name: string) => console.page.getByLabel(name, { exact: true });

async function statusOf(key: string) {
  const response = await fetch(`${stage.pair.primary.url}/status/${encodeURIComponent(key)}`);
  return (await response.json()) as { nextAttemptAt?: string; attempts: unknown[] };
}

const isDue = async (key: string) => Date.parse((await statusOf(key)).nextAttemptAt ?? '') <= Date.now();

test('error: what it acts on fails and fills the backlog; once it is cleared the next write ships it', async () => {
  await openFaults();
  await field('Key prefix').fill('bad/');
  await console.fault('error', 'replica', false).click();
  await console.fault('error', 'replica', true).waitFor();
  await shows(console.faultsButton, '1 fault on');
  await console.openWire();
  await shows(console.exchanges.first(), 'POST /faults');
  await shows(console.exchanges.first(), 'error is on at the replica.');

  for (const key of ['bad/1', 'bad/2']) {
    await console.put(key, 'hello');
    await shows(console.result, `202 Accepted ${key} is at version 1 on the primary and not yet on the replica`);
  }
  await console.put('good', 'hello');
  await shows(console.result, 'good is at version 1, on both nodes.');
  await shows(console.row('bad/2'), 'replication_failed');
  await shows(console.copy('B', 'bad/2'), '–not here');
  await shows(console.panel('A'), /Backlog2 records, \d+ s/);

  await console.faultsButton.click();
  await console.button('Clear all').click();
  await console.fault('error', 'replica', false).waitFor();
  await until(async () => (await isDue('bad/1')) && (await isDue('bad/2')));
  await console.put('next', 'hello');
  await shows(console.panel('A'), 'Backlogempty');
  await shows(console.row('bad/2'), /11replicated$/);
});

test('drop_reply: the record arrives once, the primary learns it with the next write', async () => {
  await openFaults();
  await field('Count').fill('1');
  await console.fault('drop_reply', 'primary', false).click();
  await console.fault('drop_reply', 'primary', true).waitFor();
  await console.put('unheard', 'hello');
  await shows(console.result, /202 Accepted .*the reply was dropped/);
  await console.fault('drop_reply', 'primary', false).waitFor();
  await shows(console.row('unheard'), /11replication_failed$/);

  await console.put('next one', 'hello');
  await shows(console.row('unheard'), /11replicated$/);
  expect((await statusOf('unheard')).attempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'same' }]);
});

test('a fault that was set elsewhere is shown, and kept with what is left of it', async () => {
  const { url } = stage.pair.replica;
  const slow = { kind: 'delay', keyPrefix: 'slow/', probability: 0.5, count: 3, delayMs: 20, ttl: 600 };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/faults`, { method: 'PUT', headers, body: JSON.stringify({ faults: [slow] }) });
  await openFaults();
  const replica = console.page.getByRole('region', { name: 'Node B (replica), in what arrives' });
  await shows(replica, /keys slow\/… · 20 ms · probability 0\.5 · 3 times left · 10 min left/);
  await shows(replica, 'Always on: error for the value "__fail__".');

  await console.fault('duplicate', 'replica', false).click();
  await console.fault('duplicate', 'replica', true).waitFor();
  await shows(console.faultsButton, '2 faults on delay on the replica, duplicate on the replica');
  await console.fault('duplicate', 'replica', true).click();
  await console.fault('duplicate', 'replica', false).waitFor();
  const { faults } = (await (await fetch(`${url}/faults`)).json()) as { faults: { ttl: number }[] };
  expect(faults).toEqual([{ ...slow, id: expect.any(String), ttl: expect.any(Number), expiresAt: expect.any(String) }]);
  expect(faults[0]?.ttl).toBeLessThanOrEqual(600);
});

test('the drawer stays open while no node answers, and says that it is old', async () => {
  await openFaults();
  await field('Key prefix').fill('half typed');
  await console.page.route(/:\d+\/status/, (route) => route.abort());
  const nodes = ['Node A (primary), in what it sends', 'Node B (replica), in what arrives'].map((name) =>
    console.page.getByRole('region', { name }),
  );
  for (const node of nodes) await shows(node, 'It does not answer now. This is what it said last.');
  expect(await field('Key prefix').inputValue()).toBe('half typed');
  await console.fault('error', 'replica', false).waitFor();

  await console.page.unroute(/:\d+\/status/);
  for (const node of nodes) await node.filter({ hasNotText: 'It does not answer now.' }).waitFor();
});

test('the switches work with the keyboard, and keep the focus', async () => {
  console = await stage.open();
  const { keyboard } = console.page;
  await tabTo(console.faultsButton);
  await keyboard.press('Enter');
  await tabTo(field('Key prefix'));
  await keyboard.type('typed/');
  await tabTo(console.fault('delay', 'primary', false));
  await keyboard.press('Space');
  await console.fault('delay', 'primary', true).waitFor();
  await shows(
    console.page.getByRole('region', { name: 'Node A (primary), in what it sends' }),
    'keys typed/… · 500 ms',
  );
  await keyboard.press('Enter');
  await console.fault('delay', 'primary', false).waitFor();
  expect(await isFocused(console.fault('delay', 'primary', false))).toBe(true);
});

test('a setting that is wrong is said at its field, and nothing is sent', async () => {
  await openFaults();
  await field('Time to live (s)').fill('0');
  await console.fault('error', 'replica', false).click();
  expect(await complaint(field('Time to live (s)'))).not.toBe('');
  await console.openWire();
  expect(await console.exchanges.count()).toBe(0);
});
