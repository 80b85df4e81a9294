// Nodes that want a token: how the console asks for it, what it does with it, and that it shows it nowhere.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { addressesOf } from '../support/browser.ts';
import { until } from '../support/until.ts';
import { violationsOf } from './axe.ts';
import { type Console, complaint, isFocused, shows, tabTo } from './console.ts';
import { type Guard, placeGuard } from './guard.ts';
import { useStage } from './stage.ts';

const READ_TOKEN = 'may-read.of~this_test';
const WRITE_TOKEN = 'may-write/of+this-test==';
const NEEDED = 'token needed';

const stage = useStage({ READ_TOKEN, WRITE_TOKEN, PEER_TOKEN: 'peer-token-of-this-test' });
let console: Console;
let guard: Guard;

/** @param state what the panel of the replica says at first */
async function open(state: string, wants: Partial<Guard['wants']> = {}, nodes = addressesOf(stage.pair)) {
  guard = {
    readToken: READ_TOKEN,
    writeToken: WRITE_TOKEN,
    wants: { primary: 'everything', replica: 'everything', ...wants },
    withToken: [],
  };
  console = await stage.open({ state, nodes, prepare: (context) => placeGuard(context, nodes, guard) });
}

async function give(token: string): Promise<void> {
  await console.token.fill(token);
  await console.button('Use').click();
}

/** Until both nodes have been looked at once more. */
async function nextLook(): Promise<void> {
  for (let looks = 0; looks < 2; looks++)
    await console.page.waitForResponse((response) => new URL(response.url()).pathname === '/status');
}

const commandLine = async () => (await console.exchanges.first().locator('.command code').textContent()) ?? '';

test('the console asks for a token, and with one that may write everything works', async () => {
  await open(NEEDED);
  await shows(console.tokenHint, 'Both nodes want a token.');
  await shows(console.panel('A'), 'This node wants a token. Enter it at the top of the page.');
  await shows(console.pairWords, 'Unknown. Both nodes tell only those who have a token.');
  expect(await violationsOf(console.page)).toEqual([]);

  await give(WRITE_TOKEN);
  await shows(console.panel('A'), 'up');
  await shows(console.panel('B'), 'up');
  await console.tokenHint.waitFor({ state: 'hidden' });
  await console.put('foo', 'hello');
  await shows(console.result, /foo is at version \d+, on both nodes\./);
  await console.radio('replica').check();
  await console.button('Get').click();
  await shows(console.result, /foo is at version \d+ on the replica:"hello"/);
  expect(await console.token.isVisible()).toBe(true);
});

test('a browser that asks the nodes first is told that a token may be sent', async () => {
  await open(NEEDED);
  await give(WRITE_TOKEN);
  await shows(console.panel('B'), 'up');
  // From here on its preflights are its own: as long as requests are routed, they are answered for it.
  await console.page.context().unrouteAll({ behavior: 'wait' });
  await console.put('asked first', 'hello');
  await shows(console.result, /asked first is at version \d+, on both nodes\./);
  await shows(console.copy('B', 'asked first'), /^\d+$/);
});

test('a token that may only read is told so at the first write, and the hint stays until there is another', async () => {
  await open(NEEDED);
  await give(READ_TOKEN);
  await shows(console.panel('B'), 'up');
  expect(await console.tokenHint.isVisible()).toBe(false);

  await console.put('foo', 'hello');
  await shows(console.result, /403 .*forbidden/);
  await shows(console.tokenHint, 'This token may read, not write.');
  await nextLook();
  await shows(console.tokenHint, 'This token may read, not write.');
  await shows(console.panel('A'), 'up');

  await give(WRITE_TOKEN);
  await console.tokenHint.waitFor({ state: 'hidden' });
  await console.button('Put').click();
  await shows(console.result, 'foo is at version');
});

test('a wrong token is refused by the nodes, and what cannot be one is not sent', async () => {
  await open(NEEDED);
  await give('wrong');
  await shows(console.tokenHint, 'Neither node takes this token.');
  await shows(console.panel('B'), 'This node does not take this token. Enter another at the top of the page.');
  await console.put('foo', 'hello');
  await shows(console.result, '403');
  await shows(console.tokenHint, 'Neither node takes this token.');

  for (const impossible of ['Bearer abc', 'ключ', 'one,two']) {
    await give(impossible);
    expect(await complaint(console.token)).toMatch(/^Only the token itself/);
  }
  await give(` ${WRITE_TOKEN} `);
  await shows(console.panel('B'), 'up');
});

test('the token is shown nowhere: not in the log, the command lines, the page or its address', async () => {
  await open(NEEDED);
  const requested: string[] = [];
  console.page.on('request', (request) => requested.push(request.url()));
  await give(WRITE_TOKEN);
  await shows(console.panel('B'), 'up');
  await console.put('foo', 'hello');
  await console.openWire();
  await shows(console.exchanges.first(), 'Authorization: Bearer …');
  expect(await commandLine()).toBe(
    `curl -X PUT '${stage.pair.primary.url}/key/foo' -H "Authorization: Bearer $TOKEN" ` +
      `-H 'Content-Type: application/json' --data-raw '{"value":"hello"}'`,
  );
  await console.radio('PowerShell').check();
  await console.button('Get').click();
  await shows(console.result, 'on the primary:');
  expect(await commandLine()).toBe(
    `Invoke-RestMethod -Method Get -Uri '${stage.pair.primary.url}/key/foo' ` +
      `-Headers @{ 'Authorization' = "Bearer $env:TOKEN" }`,
  );

  expect(await console.token.getAttribute('type')).toBe('password');
  expect(await console.token.getAttribute('autocomplete')).toBe('off');
  expect(await console.page.content()).not.toContain(WRITE_TOKEN);
  expect(await console.page.evaluate('JSON.stringify([localStorage, document.cookie])')).not.toContain(WRITE_TOKEN);
  await console.page.reload();
  await shows(console.panel('B'), 'up');
  for (const url of [...requested, console.page.url()]) expect(decodeURIComponent(url)).not.toContain(WRITE_TOKEN);
});

const onBash = process.platform === 'win32' ? test.skip : test;

onBash('the curl line takes the token from the environment', async () => {
  await open(NEEDED);
  await give(WRITE_TOKEN);
  await shows(console.panel('B'), 'up');
  await console.put('foo', 'hello');
  await shows(console.result, 'foo is at version');
  await console.openWire();
  const command = (await commandLine()).replace(/^curl/, 'curl -sv');
  const env = { ...process.env, TOKEN: WRITE_TOKEN };
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command], { env });
  expect(JSON.parse(stdout)).toMatchObject({ key: 'foo', status: 'replicated' });
  expect(stderr).toContain(`> Authorization: Bearer ${WRITE_TOKEN}`);
});

test('the token is remembered for the tab and the two addresses, and goes nowhere else', async () => {
  await open(NEEDED);
  await give(WRITE_TOKEN);
  await shows(console.panel('B'), 'up');
  await console.page.reload();
  await shows(console.panel('B'), 'up');

  const { primary, replica } = addressesOf(stage.pair);
  await console.page.goto(
    console.page.url().replace(encodeURIComponent(replica), encodeURIComponent(`${replica}/elsewhere`)),
  );
  await shows(console.panel('A'), NEEDED);
  await shows(console.panel('B'), NEEDED);
  expect(guard.withToken.filter((request) => request.includes('/elsewhere/'))).toEqual([]);

  const inAnotherTab = await console.page.context().newPage();
  await inAnotherTab.goto(`${new URL(console.page.url()).origin}/?${new URLSearchParams({ primary, replica })}`);
  await inAnotherTab.locator('#token-hint').filter({ hasText: 'Both nodes want a token.' }).waitFor();
});

test('who gets a token is named, and an address that came with a link is said to be', async () => {
  const { primary, replica } = addressesOf(stage.pair);
  const [hostA, hostB] = [new URL(primary).host, new URL(replica).host];
  await open('not reachable', { replica: 'nothing' }, { primary, replica: 'https://evil.example/take' });
  const { page } = console;
  const recipients = page.locator('#token-recipients');
  await shows(
    recipients,
    `A token that you enter goes to ${hostA} and evil.example. ${hostA} and evil.example are from the link that opened this page: enter one only if you know these addresses.`,
  );
  expect(await console.token.getAttribute('aria-describedby')).toContain('token-recipients');
  expect(guard.withToken).toEqual([]);

  await page.locator('summary').filter({ hasText: 'Nodes' }).click();
  await page.getByRole('textbox', { name: 'Node B' }).fill(`${replica}/`);
  await console.button('Use these').click();
  await shows(
    recipients,
    `goes to ${hostA} and ${hostB}. ${hostA} is from the link that opened this page: enter one only if you know this address.`,
  );
  await page.locator('summary').filter({ hasText: 'Nodes' }).click();
  await page.getByRole('textbox', { name: 'Node A' }).fill(primary.replace('127.0.0.1', 'localhost'));
  await console.button('Use these').click();
  await recipients.filter({ hasText: /goes to localhost:\d+ and 127\.0\.0\.1:\d+\.$/ }).waitFor();
});

test('an empty field takes the token back', async () => {
  await open(NEEDED);
  await give(WRITE_TOKEN);
  await shows(console.panel('B'), 'up');
  await give('');
  await shows(console.tokenHint, 'Both nodes want a token.');
  await shows(console.panel('B'), NEEDED);
  await until(async () => (await console.page.evaluate('sessionStorage.length')) === 0);
});

test('it can be given with the keyboard, and the focus stays', async () => {
  await open(NEEDED);
  await tabTo(console.token);
  await console.page.keyboard.type(WRITE_TOKEN);
  await console.page.keyboard.press('Enter');
  await shows(console.panel('B'), 'up');
  expect(await isFocused(console.token)).toBe(true);
});

test('where only one node wants a token, it is named', async () => {
  await open('up', { replica: 'nothing' });
  await shows(console.tokenHint, 'The primary wants a token.');
  await shows(console.panel('A'), NEEDED);
  await open(NEEDED, { primary: 'nothing' });
  await shows(console.tokenHint, 'The replica wants a token.');
  await shows(console.pairWords, 'Not compared. The replica tells only those who have a token.');
});

test('where anyone may read, the field appears with the first write', async () => {
  await open('up', { primary: 'writes', replica: 'writes' });
  expect(await console.token.isVisible()).toBe(false);
  await console.put('foo', 'hello');
  await shows(console.result, /401 .*unauthorized/);
  await shows(console.tokenHint, 'The primary wants a token for this.');
  await give(WRITE_TOKEN);
  await console.button('Put').click();
  await shows(console.result, 'foo is at version');
});

test.each(['light', 'dark'] as const)('360 pixels are wide enough for it, in %s', async (colorScheme) => {
  await open(NEEDED);
  const { page } = console;
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width: 360, height: 640 });
  await give('w'.repeat(300));
  await shows(console.tokenHint, 'Neither node takes this token.');
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});
