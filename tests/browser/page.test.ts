// The page itself: safe against what it shows, usable by keyboard and on a phone, and without a server.
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { CONSOLE_FILES } from '../support/browser.ts';
import { until } from '../support/until.ts';
import { type Console, complaint, isFocused, shows, tabTo } from './console.ts';
import { useStage } from './stage.ts';

const HOSTILE = `<img src=x onerror="document.title='owned'">`;

/** What would run if a key or a value became part of the page's code after all. */
const RUN_INLINE = `{
  const script = document.createElement('script');
  script.textContent = 'window.inline = "run"';
  document.head.append(script);
  window.inline ?? 'not run';
}`;

const stage = useStage();
let console: Console;

async function write(key: string, value: unknown): Promise<void> {
  await fetch(`${stage.pair.primary.url}/key/${encodeURIComponent(key)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value }),
  });
}

test('keys and values are shown as text, whatever they hold', async () => {
  console = await stage.open();
  await console.put(HOSTILE, HOSTILE);
  await shows(console.result, `${HOSTILE} is at version 1`);
  await console.button('Get').click();
  await shows(console.result, JSON.stringify(HOSTILE));
  await shows(console.row(HOSTILE), HOSTILE);
  await console.row(HOSTILE).click();
  await shows(console.detail, `${HOSTILE}`);
  await shows(console.detail, JSON.stringify(HOSTILE));
  await console.openWire();
  await console.button('Status').click();
  await shows(console.exchanges.first(), JSON.stringify(HOSTILE));

  expect(await console.page.locator('img').count()).toBe(0);
  expect(await console.page.title()).toBe('Tandem');
  expect(await console.page.evaluate(RUN_INLINE)).toBe('not run');
});

test('everything can be done with the keyboard', async () => {
  console = await stage.open();
  const { keyboard } = console.page;
  await tabTo(console.key);
  await keyboard.type('typed');
  await tabTo(console.value);
  await keyboard.type('by hand');
  await tabTo(console.button('Put'));
  await keyboard.press('Enter');
  await shows(console.result, 'typed is at version 1, on both nodes.');

  await tabTo(console.radio('primary'));
  await keyboard.press('ArrowRight');
  await tabTo(console.button('Get'), 'Shift+Tab');
  await keyboard.press('Enter');
  await shows(console.result, 'typed is at version 1 on the replica:"by hand"');

  await console.key.fill('');
  await shows(console.row('typed'), 'replicated');
  await tabTo(console.page.locator('[role=grid] [tabindex="0"]'));
  await keyboard.press('End');
  await until(() => isFocused(console.row('typed')));
  await keyboard.press('Enter');
  await shows(console.detail, /typed.*"by hand"/);
  expect(await console.key.inputValue()).toBe('typed');
  expect(await isFocused(console.row('typed'))).toBe(true);
  await tabTo(console.detail.getByRole('button', { name: 'Close' }));
  await keyboard.press('Enter');
  await console.detail.waitFor({ state: 'detached' });
  expect(await isFocused(console.row('typed'))).toBe(true);
});

test('a refresh leaves the focus where it is', async () => {
  console = await stage.open();
  await write('watched', 1);
  const row = console.row('watched');
  await row.focus();
  await write('watched', 2);
  await write('a new row above it', 1);
  await console.row('a new row above it').waitFor();
  await shows(console.copy('A', 'watched'), /^2$/);
  expect(await isFocused(row)).toBe(true);
});

test('what is missing is said at the field, and nothing is sent', async () => {
  console = await stage.open();
  await console.button('Get').click();
  expect(await complaint(console.key)).toBe('Name a key.');
  await console.key.fill('foo');
  await console.button('Put').click();
  expect(await complaint(console.value)).toMatch(/^Type a value\./);
  await console.key.fill('..');
  await console.button('Get').click();
  expect(await complaint(console.key)).toMatch(/^A key cannot be \. or \.\./);

  await console.openWire();
  await console.put('foo', 'hello');
  await shows(console.result, 'foo is at');
  await console.page.getByText('Expiry and conditions').click();
  await console.radio('the key is at this ETag:').check();
  const tag = console.page.getByLabel('ETag for If-Match');
  await tag.fill('2');
  await console.radio('the key is at this ETag:').check();
  await console.button('Put').click();
  expect(await complaint(tag)).toMatch(/^Paste the ETag/);
  expect(await console.exchanges.count()).toBe(1);
});

test.each(['light', 'dark'] as const)('360 pixels are wide enough, in %s', async (colorScheme) => {
  await write(`a key that is long, ${'and '.repeat(40)}longer`, 'x'.repeat(500));
  console = await stage.open();
  const { page } = console;
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width: 360, height: 640 });
  await page.getByText('Expiry and conditions').click();
  await console.faultsButton.click();
  await page.getByLabel('Key prefix').fill('prefix/'.repeat(40));
  await console.fault('duplicate', 'primary', false).click();
  await console.fault('duplicate', 'primary', true).waitFor();
  await console.put('k'.repeat(200), `{"long":"${'x'.repeat(300)}"}`);
  await shows(console.result, 'version');
  await console.button('Get').click();
  await shows(console.result, 'on the primary:');
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await console.button('Clear all').click();
  await console.fault('duplicate', 'primary', false).waitFor();
});

test('it works from the file system, and keeps the secret by which the nodes know it to itself', async () => {
  console = await stage.open({ address: pathToFileURL(join(CONSOLE_FILES, 'index.html')).href });
  const { page } = console;
  await console.put('from a file', 'hello');
  await shows(console.result, 'from a file is at version 1, on both nodes.');
  await shows(console.copy('B', 'from a file'), /^1$/);
  await console.openWire();
  await shows(console.exchanges.first(), 'Tandem-Console: …');
  const secret = await page.evaluate<string>('tandemConsoleSecret');
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(await page.content()).not.toContain(secret);
  expect(await page.evaluate(RUN_INLINE)).toBe('not run');
});

test('where nothing has been built, it says what to run', async () => {
  console = await stage.open();
  const folder = await mkdtemp(join(tmpdir(), 'tandem-unbuilt-'));
  await copyFile(join(CONSOLE_FILES, 'index.html'), join(folder, 'index.html'));
  const page = await console.page.context().newPage();
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  await shows(page.locator('.unbuilt'), "Run npm install in the project's folder, and load this page again.");
  expect(await console.page.locator('.unbuilt').isVisible()).toBe(false);
  await page.close();
  await rm(folder, { recursive: true });
});

test('opened as a file, it follows no redirect with the secret', async () => {
  const { replica } = stage.pair;
  const asked: (string | undefined)[] = [];
  const program = createServer((request, response) => {
    asked.push(request.headers.host);
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'tandem-console');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    response.writeHead(307, { location: `http://evil.example:${port}/` }).end();
  });
  await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
  const { port } = program.address() as AddressInfo;
  const nodes = { primary: `http://localhost:${port}`, replica: replica.url };
  const address = pathToFileURL(join(CONSOLE_FILES, 'index.html')).href;
  console = await stage.open({ address, nodes, prepare: async () => {} });
  await until(() => asked.length > 2);
  expect(new Set(asked)).toEqual(new Set([`localhost:${port}`]));
  program.closeAllConnections();
  program.close();
});

test('served, it works without that secret, which nobody serves', async () => {
  console = await stage.open();
  await console.put('served', 'hello');
  await shows(console.result, 'served is at version');
  await console.openWire();
  expect(await console.exchanges.first().textContent()).not.toContain('Tandem-Console');
  const { origin } = new URL(console.page.url());
  for (const path of ['/console-secret.js', '/.data/console-secret.js', '/%2e%2e/.data/console-secret.js'])
    expect((await fetch(origin + path)).status).toBe(404);
});

test('keys that are named like routes are keys', async () => {
  console = await stage.open();
  for (const key of ['faults', 'status/faults', 'status']) {
    await console.put(key, 'hello');
    await shows(console.result, `${key} is at version`);
    await console.button('Get').click();
    await shows(console.result, new RegExp(`${key} is at version \\d+ on the primary:"hello"`));
    await console.button('Status').click();
    await shows(console.result, new RegExp(`${key}, version \\d+, is replicated`));
  }
});

test('the nodes to show are chosen in the page, and stand in its address', async () => {
  console = await stage.open();
  const { page } = console;
  await page.locator('summary').filter({ hasText: 'Nodes' }).click();
  await page.getByRole('textbox', { name: 'Node B' }).fill(stage.pair.primary.url);
  await console.button('Use these').click();
  await shows(console.panel('B'), 'Both addresses are those of one node. Check them under “Nodes”.');
  expect(new URL(page.url()).searchParams.get('replica')).toBe(stage.pair.primary.url);

  await page.locator('summary').filter({ hasText: 'Nodes' }).click();
  const field = page.getByRole('textbox', { name: 'Node A' });
  await field.fill('localhost:5000');
  await console.button('Use these').click();
  expect(await complaint(field)).not.toBe('');
});

test('where no node wants a token there is no field for one', async () => {
  console = await stage.open();
  await console.put('foo', 'hello');
  await shows(console.result, 'foo is at version');
  await console.openWire();
  expect(await console.token.isVisible()).toBe(false);
  expect(await console.tokenHint.isVisible()).toBe(false);
  expect(await console.exchanges.first().textContent()).not.toMatch(/authorization: |TOKEN/i);
});
