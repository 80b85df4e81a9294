// The server of the console's files, on folders that are not as they should be.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { serveFiles } from '../../../scripts/static-files.ts';

/** What is served of the folder. */
const NAMES = ['index.html', 'a.js', 'a.css', 'a', 'built/a.js', 'no-file'];

let folder: string;
let server: Server;
let url: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-files-'));
  const named = Object.fromEntries(NAMES.map((name) => [`/${name}`, join(folder, name)]));
  server = createServer(serveFiles({ '/': join(folder, 'index.html'), ...named }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['index.html', '/', 'text/html; charset=utf-8'],
  ['index.html', '/index.html?primary=x', 'text/html; charset=utf-8'],
  ['a.js', '/a.js', 'text/javascript; charset=utf-8'],
  ['a.css', '/a.css#b', 'text/css; charset=utf-8'],
  ['a', '/a', 'application/octet-stream'],
  ['built/a.js', '/built/a.js', 'text/javascript; charset=utf-8'],
])('%s is at %s, as %s, and is not kept by browsers', async (name, path, type) => {
  await mkdir(join(folder, 'built'));
  await writeFile(join(folder, name), 'content: ü');
  const answer = await fetch(url + path);
  const headers = ['content-type', 'content-length', 'cache-control'].map((header) => answer.headers.get(header));
  expect([answer.status, ...headers]).toEqual([200, type, '11', 'no-store']);
  expect(await answer.text()).toBe('content: ü');
  const head = await fetch(url + path, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '11', '']);
});

test.each([
  ['gzip', true],
  ['deflate, GZIP;q=0.5, br', true],
  ['gzip;q=1.0', true],
  ['gzip;q=0', false],
  ['gzip; q=0.00', false],
  ['x-gzip', false],
  ['identity', false],
])('with Accept-Encoding: %s a large file is sent compressed: %s', async (accepted, isCompressed) => {
  const content = 'a line of a script\n'.repeat(500);
  await writeFile(join(folder, 'a.js'), content);
  const { port } = server.address() as AddressInfo;
  const { headers, body } = await rawAnswer(port, '/a.js', { 'accept-encoding': accepted });
  expect([headers['content-encoding'], headers.vary]).toEqual([isCompressed ? 'gzip' : undefined, 'Accept-Encoding']);
  expect(Number(headers['content-length'])).toBe(body.length);
  expect((isCompressed ? gunzipSync(body) : body).toString()).toBe(content);
});

test('what is not among the named files is served to nobody: not the sources of the console, and nothing outside of the folder', async () => {
  await writeFile(join(folder, 'main.tsx'), '');
  await writeFile(join(folder, 'index.html'), '');
  const { port } = server.address() as AddressInfo;
  for (const path of [
    '/main.tsx',
    '/built',
    '/built/',
    '/built/../main.tsx',
    '/%2e%2e/package.json',
    '//index.html',
    '/built/b.js',
  ]) {
    expect([path, (await rawAnswer(port, path)).status]).toEqual([path, 404]);
  }
});

interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks as no browser would: the path goes as it is written, and the body comes as it was sent. */
function rawAnswer(port: number, path: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    get({ port, path, headers, host: '127.0.0.1', agent: false }, async (response) => {
      resolve({ status: response.statusCode, headers: response.headers, body: await buffer(response) });
    }).on('error', reject);
  });
}

test('whatever is answered, browsers run no code from elsewhere, guess no type, and put it into no frame', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../ui/index.html'), 'utf8');
  const [, ofPage = ''] = page.match(/http-equiv="Content-Security-Policy" content="([^"]*)"/) ?? [];
  expect(ofPage).toMatch(/^default-src 'none'; script-src 'self' file:;/);
  await writeFile(join(folder, 'index.html'), page);
  for (const path of ['/', '/nothing']) {
    const { headers } = await fetch(url + path);
    expect(headers.get('content-security-policy')).toBe(`${ofPage.replaceAll(' file:', '')}; frame-ancestors 'none'`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

test('a file that cannot be read, and a folder that is gone, are 500, and logged; then it serves again', async () => {
  const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
  try {
    await mkdir(join(folder, 'no-file'));
    const unreadable = await fetch(`${url}/no-file`);
    expect([unreadable.status, await unreadable.text()]).toEqual([500, 'Internal Server Error']);
    await rm(folder, { recursive: true });
    expect((await fetch(url)).status).toBe(500);
    expect(logged.mock.calls.map(([line]) => line)).toEqual([
      'The console cannot answer "/no-file":',
      'The console cannot answer "/":',
    ]);
    await mkdir(folder);
    await writeFile(join(folder, 'index.html'), '');
    expect((await fetch(url)).status).toBe(200);
  } finally {
    logged.mockRestore();
  }
});
