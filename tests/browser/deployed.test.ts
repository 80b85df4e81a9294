// Deployed nodes: HTTPS addresses with paths of their own, and what nodes on DynamoDB tell about themselves. Behind the
// addresses are the nodes of this test; what they say of themselves is changed on the way where a test needs it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, test } from '@jest/globals';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { CONSOLE_FILES, type NodeAddresses } from '../support/browser.ts';
import { type Console, shows } from './console.ts';
import { useStage } from './stage.ts';

/** As AWS names them; the words of the API in their paths must not confuse anybody. */
const PRIMARY = 'https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/status/';
const REPLICA = 'https://f6g7h8i9j0.execute-api.eu-west-1.amazonaws.com/prod/key//';
const ADDRESSES: NodeAddresses = { primary: PRIMARY, replica: REPLICA };

/** What API Gateway adds to every answer to a page. */
const OF_GATEWAY = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'etag' };

type Body = Record<string, unknown>;

const stage = useStage({ FAULT_INJECTION: 'off' });
let console: Console;
/** What is different in an answer of GET /status. */
let told: Record<keyof NodeAddresses, (status: Body) => Body>;
let requested: string[];

beforeEach(() => {
  told = { primary: (status) => status, replica: (status) => status };
  requested = [];
});

async function lead(context: BrowserContext): Promise<void> {
  for (const role of ['primary', 'replica'] as const) {
    const address = ADDRESSES[role].replace(/\/+$/, '');
    await context.route(`${new URL(address).origin}/**`, async (route: Route) => {
      const url = route.request().url();
      requested.push(url);
      // As a program asks: these nodes are on this machine, and would refuse a page that they do not know.
      const { origin: _, ...asked } = route.request().headers();
      const response = await route.fetch({ url: url.replace(address, stage.pair[role].url), headers: asked });
      const headers = { ...response.headers(), ...OF_GATEWAY };
      if (url !== `${address}/status`) return route.fulfill({ response, headers });
      return route.fulfill({ response, headers, json: told[role](await response.json()) });
    });
  }
}

async function open(): Promise<Page> {
  console = await stage.open({ nodes: ADDRESSES, prepare: lead });
  return console.page;
}

async function write(key: string): Promise<void> {
  const response = await fetch(`${stage.pair.primary.url}/key/${encodeURIComponent(key)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"value":1}',
  });
  expect(response.status).toBeLessThan(202);
}

const onDynamoDb = (status: Body): Body => ({ ...status, store: 'dynamodb' });
const link = () => console.pairWords;

test('addresses may be HTTPS, of another origin, with a path and slashes at their end', async () => {
  await open();
  await shows(console.panel('A'), 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/status');
  await console.put('a/b c', 'hello');
  await shows(console.result, /a\/b c is at version \d+, on both nodes\./);
  await console.openWire();
  await shows(console.exchanges.first(), 'Host: a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com');
  await shows(console.exchanges.first(), `curl -X PUT '${PRIMARY}key/a%2Fb%20c'`);
  await console.radio('replica').check();
  await console.button('Get').click();
  await shows(console.result, /a\/b c is at version \d+ on the replica:"hello"/);
  await console.button('Status').click();
  await shows(console.result, /a\/b c, version \d+, is replica: a copy that the replica holds\./);
  await shows(link(), 'Identical.');

  const rest = (url: string) => url.replace(/^https:\/\/[^/]*(\/status|\/prod\/key)\//, '');
  for (const url of requested)
    expect(rest(url)).toMatch(
      /^(status|keys\?limit=100(&values=true)?|faults|events\?[\w&=]+|(key|status)\/a%2Fb%20c)$/,
    );
});

test('a page that was opened as a file tells them nothing of the secret for nodes of its machine', async () => {
  const address = pathToFileURL(join(CONSOLE_FILES, 'index.html')).href;
  console = await stage.open({ address, nodes: ADDRESSES, prepare: lead });
  const sent: Promise<Record<string, string>>[] = [];
  console.page.on('request', (request) => sent.push(request.allHeaders()));
  await console.put('from a file', 'hello');
  await shows(console.result, /from a file is at version \d+, on both nodes\./);
  const headers = await Promise.all(sent);
  expect(headers.length).toBeGreaterThan(0);
  for (const each of headers) expect(Object.keys(each)).not.toContain('tandem-console');
  expect(await console.page.evaluate('window.tandemConsoleSecret')).toBeUndefined();
});

test('360 pixels are wide enough for long addresses', async () => {
  const page = await open();
  await page.setViewportSize({ width: 360, height: 640 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});

test('where no faults can be injected there is nothing to switch, and the demonstration of one is not offered', async () => {
  await open();
  await console.put('foo', 'hello');
  await shows(console.copy('B', 'foo'), /^1$/);
  await console.button('__fail__ demonstration').waitFor({ state: 'hidden' });
  expect(await console.button('Repair now').isVisible()).toBe(true);
  expect(await console.faultsButton.isVisible()).toBe(false);
  expect(await console.faultsButton.count()).toBe(0);
  expect(await console.page.getByRole('switch').count()).toBe(0);
});

test('a node that does not answer is not to be started on this machine', async () => {
  const page = await open();
  await page.context().route(`${new URL(REPLICA).origin}/**`, (route) => route.abort());
  await shows(console.panel('B'), 'not reachable');
  await shows(console.panel('B'), /Check its address under “Nodes”, and whether the stage is deployed\./);
  expect(await console.panel('B').textContent()).not.toContain('npm');
});

test('a store that counts up to a bound shows that it may have more keys', async () => {
  const many = (status: Body) => ({ ...onDynamoDb(status), keys: 10_000, keysAtLeast: true });
  told = { primary: many, replica: onDynamoDb };
  for (let i = 0; i < 101; i++) await write(`many/${i}`);
  await open();
  await shows(console.panel('A'), 'On DynamoDB');
  await shows(console.panel('A'), 'Keys≥ 10,000');
  await shows(console.page.locator('#keys-count'), '≥ 10,000 keys');
  await shows(console.panel('B'), /Keys\d/);
});

test('before the first write there is no epoch, and before the first repair no contact', async () => {
  told.primary = (status) => ({
    ...onDynamoDb(status),
    epoch: null,
    replica: { reachable: null, id: null, lastContactAt: null, error: null, circuit: null },
  });
  told.replica = (status) => ({ ...onDynamoDb(status), highestEpoch: null, lastContactAt: null });
  await open();
  await shows(console.panel('A'), /On DynamoDB.*epoch –/);
  await shows(console.panel('A'), 'Circuit–');
  await shows(console.panel('A'), 'Last contactnone yet');
  await shows(console.panel('B'), /On DynamoDB.*epoch –/);
  await shows(console.panel('B'), 'Last contactnone yet');
});

test('a primary that gives the lead away is seen to, and what that means for writes', async () => {
  told.primary = (status) => ({ ...onDynamoDb(status), state: 'switching' });
  await open();
  await shows(console.panel('A'), 'switching');
  await shows(console.panel('A'), 'Until that has it, writes are answered with 503; if it fails, all is as before.');
  await shows(link(), 'Switching. The replica is about to lead.');
});

test('while no node leads the console says so, and goes by the names of the nodes', async () => {
  told.primary = ({ id, keys }) => ({
    role: 'replica',
    state: 'serving',
    id,
    highestEpoch: 1_763_790_000_000,
    store: 'dynamodb',
    keys,
    lastContactAt: null,
  });
  await open();
  await shows(link(), 'No node leads. Until one does, no writes are taken.');
  await console.role('A', 'replica').waitFor();
  await console.role('B', 'replica').waitFor();
  const epoch = console.panel('A').getByTitle('Epoch 1763790000000');
  await shows(epoch, /^epoch 2025-11-2[12] \d\d:\d\d:00$/);
  expect(await console.button('Promote').count()).toBe(2);
  await console.radio('node B').waitFor();
});

test('a node that does not say yet what it lacks leads all the same', async () => {
  await open();
  const detail = 'This node has not compared yet.';
  await console.page.context().route(`${new URL(PRIMARY).origin}/status/keys**`, (route) =>
    route.fulfill({
      status: 503,
      headers: { 'access-control-allow-origin': '*' },
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 503, code: 'recovering', detail }),
    }),
  );
  await shows(console.panel('A'), detail);
  await console.role('A', 'primary').waitFor();
  await console.put('meanwhile', 'hello');
  await shows(console.result, /meanwhile is at version \d+, on both nodes\./);
});

test('the circuit is that of the last repair, and said to be, while the replica answers', async () => {
  const replica = { id: null, state: 'serving', lastContactAt: null, error: 'replica timed out', circuit: 'open' };
  const failing = (reachable: boolean | null) => (status: Body) => ({
    ...onDynamoDb(status),
    backlog: { count: 2, oldestAgeMs: 5000 },
    replica: { ...replica, reachable },
  });
  told.primary = failing(true);
  await open();
  await shows(link(), 'Failing at the last repair: replica timed out. 2 records in the backlog');
  told.primary = failing(null);
  await shows(link(), 'Failing. replica timed out. 2 records in the backlog');
});
