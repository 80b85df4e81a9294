// A pair of `npm run serve` that others could reach: behind names and tokens, speaking TLS to clients and to each other.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Gateway } from '../../scripts/serve/gateway.ts';
import { readTls, renewTls } from '../../scripts/serve/tls.ts';
import { certificate } from '../support/certificate.ts';
import { freePorts } from '../support/nodes.ts';
import { until } from '../support/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const TOKENS = { PEER_TOKEN: 'peer', WRITE_TOKEN: 'write', READ_TOKEN: 'read' };

let folder: string;
let files: { readonly cert: string; readonly key: string };
let ports: { readonly primary: number; readonly replica: number };
const first = certificate();
const children: ChildProcess[] = [];
let printed = '';

const write = ({ cert, key }: typeof first) => Promise.all([writeFile(files.cert, cert), writeFile(files.key, key)]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-tls-'));
  files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await write(first);
  const [primary, replica] = (await freePorts(2)) as [number, number];
  ports = { primary, replica };
  serve('replica');
  serve('primary');
  const isInSync = async () => (await ask(ports.primary, 'GET', '/status', { token: 'read' })).body.inSync;
  await until(() => {
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error(`A node has ended:\n${printed}`);
    return isInSync().catch(() => false);
  }, 60_000);
});
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  }
  await rm(folder, { recursive: true });
});

function serve(role: 'primary' | 'replica'): void {
  const peer = `https://localhost:${ports[role === 'primary' ? 'replica' : 'primary']}`;
  const options = {
    role,
    port: `${ports[role]}`,
    peer,
    'allowed-hosts': 'a.example',
    log: 'json',
    'tls-cert': files.cert,
    'tls-key': files.key,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [join(ROOT, 'scripts/serve.ts'), ...args], {
    env: { ...process.env, STORE: 'memory', FAULT_INJECTION: '', ...TOKENS, NODE_EXTRA_CA_CERTS: files.cert },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += chunk));
  children.push(child);
}

interface Question {
  readonly token?: string;
  readonly host?: string;
  readonly origin?: string;
  readonly body?: object;
  readonly ca?: string;
}

interface Asked {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
  readonly body: any;
}

async function ask(
  port: number,
  method: string,
  path: string,
  { token, host, origin, body, ca = first.cert }: Question = {},
): Promise<Asked> {
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(host && { host }),
    ...(origin && { origin }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const sent = request({ port, host: 'localhost', method, path, headers, ca, servername: 'localhost', agent: false });
  sent.end(body && JSON.stringify(body));
  const [answer] = await once(sent, 'response');
  const content = await text(answer);
  return { status: answer.statusCode, body: content.startsWith('{') ? JSON.parse(content) : content };
}

test('a write is on both nodes, which know each other by certificate and token', async () => {
  const written = await ask(ports.primary, 'PUT', '/key/a', { token: 'write', body: { value: 1 } });
  expect(written).toMatchObject({ status: 201, body: { status: 'replicated' } });
  expect(await ask(ports.replica, 'GET', '/key/a', { token: 'read' })).toMatchObject({ body: { value: 1 } });
});

test('P8 nothing is open without a token but whether it is well, and what its routes are', async () => {
  for (const path of ['/key/a', '/keys', '/status', '/metrics', '/backlog', '/digest'])
    expect(await ask(ports.primary, 'GET', path)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  expect((await ask(ports.primary, 'GET', '/metrics', { token: 'wrong' })).status).toBe(403);
  expect((await ask(ports.primary, 'GET', '/metrics', { token: 'read' })).body).toContain('tandem_in_sync 1\n');
  for (const path of ['/healthz', '/openapi.json']) expect((await ask(ports.primary, 'GET', path)).status).toBe(200);
});

test('it answers its names only, with pages of every origin, and has no faults', async () => {
  expect(await ask(ports.primary, 'GET', '/healthz', { host: 'evil.example' })).toMatchObject({
    status: 403,
    body: { code: 'forbidden_origin' },
  });
  const page = { host: 'a.example', origin: 'https://app.example', token: 'read' };
  expect((await ask(ports.primary, 'GET', '/key/a', page)).status).toBe(200);
  expect((await ask(ports.primary, 'GET', '/faults', { token: 'write' })).status).toBe(404);
});

test('with LOG=json it prints JSON, and no key', async () => {
  await ask(ports.primary, 'GET', '/key/secret-key', { token: 'read' });
  await until(() => printed.includes('"status":404'));
  const lines = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const timestamp = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(lines).toContainEqual({
    level: 'INFO',
    timestamp,
    message: `The primary is listening at https://127.0.0.1:${ports.primary}, its peer is https://localhost:${ports.replica}.`,
  });
  expect(lines).toContainEqual({ level: 'INFO', timestamp, message: 'refused', code: 'forbidden_origin' });
  expect(printed).not.toContain('secret-key');
});

test('a renewed certificate counts without a restart, and files that are none change nothing', async () => {
  const warned: string[] = [];
  const gateway = new Gateway({
    routes: ['$default'],
    invoke: async () => ({ statusCode: 200 }),
    tls: await readTls(files),
  });
  const server = gateway.server as Parameters<typeof renewTls>[0];
  renewTls(server, files, await readTls(files), (message) => warned.push(message), 20);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const isKnown = (ca: string) =>
    ask(port, 'GET', '/', { ca }).then(
      () => true,
      () => false,
    );
  expect(await isKnown(first.cert)).toBe(true);
  await writeFile(files.cert, 'none');
  await until(() => warned.length > 0);
  expect(warned[0]).toMatch(
    /^TLS_CERT_FILE and TLS_KEY_FILE must be the files of a certificate and of its key, in PEM: /,
  );
  expect(await isKnown(first.cert)).toBe(true);
  const second = certificate();
  await write(second);
  await until(() => isKnown(second.cert));
  expect(await isKnown(first.cert)).toBe(false);
  await gateway.stop(1000);
});
