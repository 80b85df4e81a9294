// The wire log: what went over the wire, and a command line that does the same.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from '@jest/globals';
import { type Console, shows } from './console.ts';
import { useStage } from './stage.ts';

/** Everything that a shell or a URL could trip over. */
const KEY = `it's "50%" off/ключ ‘1’ & $HOME?#\`id\``;
const VALUE = `{"say":"it's \\"50%\\" off ‘x’ $HOME \`id\` \\\\ ключ","n":12345678901234567890}`;

const stage = useStage();
let console: Console;

beforeEach(async () => {
  console = await stage.open();
  await console.openWire();
});

const commandLine = async () => (await console.exchanges.first().locator('.command code').textContent()) ?? '';

async function run(command: string): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)('bash', ['-c', command]);
  return JSON.parse(stdout);
}

test('an exchange shows the request, the answer, and only what the user did', async () => {
  await console.put('foo', 'hello');
  const exchange = console.exchanges.first();
  await shows(exchange, 'PUT /key/foo');
  await shows(exchange, `Host: ${new URL(stage.pair.primary.url).host}`);
  await shows(exchange, 'Content-Type: application/json');
  await shows(exchange, '"value": "hello"');
  await shows(exchange, '201 Created');
  await shows(exchange, 'location: /key/foo');
  await shows(exchange, 'replication-status: replicated');
  await shows(exchange, /etag: "\d+-1"/);
  await shows(exchange, '"version": 1');

  await shows(console.copy('B', 'foo'), /^1$/);
  expect(await console.exchanges.count()).toBe(1);
});

const onBash = process.platform === 'win32' ? test.skip : test;

onBash('the curl line does what the console did', async () => {
  await console.put(KEY, VALUE);
  await shows(console.result, '201 Created');
  expect(await run(await commandLine())).toMatchObject({ key: KEY, version: 2, status: 'replicated' });

  await console.button('Get').click();
  await shows(console.result, 'is at version 2 on the primary');
  expect(await run(await commandLine())).toMatchObject({ key: KEY, version: 2, value: JSON.parse(VALUE) });

  await console.page.getByText('Expiry and conditions').click();
  await console.radio('the key does not exist (put only)').check();
  await console.button('Put').click();
  await shows(console.result, '412');
  expect(await run(await commandLine())).toMatchObject({ code: 'precondition_failed', currentVersion: 2 });

  await console.radio('always').check();
  await console.button('Delete').click();
  await shows(console.result, 'is deleted, as version 3');
  expect(await run(await commandLine())).toMatchObject({ code: 'key_not_found' });
});

test('the PowerShell line quotes as PowerShell does', async () => {
  const { url } = stage.pair.primary;
  await console.radio('PowerShell').check();
  await console.put('foo bar', `it's ‘so’`);
  await shows(console.result, 'foo bar is at version');
  expect(await commandLine()).toBe(
    `Invoke-RestMethod -Method Put -Uri '${url}/key/foo%20bar' ` +
      `-ContentType 'application/json; charset=utf-8' -Body '{"value":"it''s ‘‘so’’"}'`,
  );

  await console.button('Get').click();
  await shows(console.result, 'on the primary:');
  expect(await commandLine()).toBe(`Invoke-RestMethod -Method Get -Uri '${url}/key/foo%20bar'`);
});

test('Copy copies the line', async () => {
  await console.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await console.put('foo', 'hello');
  await console.button('Copy the command line').click();
  await shows(console.exchanges.first(), 'Copied');
  expect(await console.page.evaluate('navigator.clipboard.readText()')).toBe(await commandLine());
});
