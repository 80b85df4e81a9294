// Nodes of scripts/serve.ts, as real processes over real HTTP: they keep the contract that clients know from the emulator.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts, type Pair, startPair, type TestNode } from '../support/nodes.ts';
import { answersIn, rawConnection, sendRaw } from '../support/raw-http.ts';
import { getKey, json, putKey, statusOf } from '../support/requests.ts';
import { until } from '../support/until.ts';
import { httpContract } from './http-contract.ts';

const SERVE = join(import.meta.dirname, '../../scripts/serve.ts');
const MAX_BODY_BYTES = 10 * 1024 * 1024;

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
});
afterAll(() => nodes?.stop());

/** Runs the command until it ends. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [SERVE, ...args], { env: { ...process.env, ...env } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const [code] = await once(child, 'close');
  return { code, printed };
}

const portOf = ({ url }: TestNode) => Number(new URL(url).port);

httpContract('serve', () => nodes);

describe('P8 what nobody should send', () => {
  test('a body above 10 MB without a length is 413, and the node goes on', async () => {
    const large = new Uint8Array(1024 * 1024).fill(0x20);
    const stream = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent <= MAX_BODY_BYTES; sent += large.length) controller.enqueue(large);
        controller.close();
      },
    });
    const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: stream, duplex: 'half' };
    const streamed = await fetch(`${nodes.primary.url}/key/large`, init as RequestInit);
    expect([streamed.status, await json(streamed)]).toEqual([
      413,
      expect.objectContaining({ code: 'value_too_large' }),
    ]);
    expect((await putKey(nodes.primary, 'large', 1)).status).toBeLessThan(300);
  });

  test('a name that was made to lead to this machine is refused, whatever waits behind it', async () => {
    for (const more of ['', 'expect: 100-continue\r\ncontent-length: 99999999\r\n'])
      expect(
        await sendRaw(
          portOf(nodes.primary),
          `GET /keys HTTP/1.1\r\nhost: evil.example\r\n${more}connection: close\r\n\r\n`,
        ),
      ).toMatch(/^HTTP\/1\.1 403 .*"code":"forbidden_origin"/s);
  });

  test('a client that goes away in the middle of its body harms nobody', async () => {
    const { socket } = await rawConnection(portOf(nodes.primary));
    socket.write(
      'PUT /key/gone HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"va',
    );
    socket.resetAndDestroy();
    expect((await putKey(nodes.primary, 'after', 1)).status).toBeLessThan(300);
    expect((await getKey(nodes.primary, 'gone')).status).toBe(404);
    expect(nodes.primary.output()).not.toContain('failed');
  });
});

describe('GET /metrics', () => {
  /** The value of each sample, by its name and labels. */
  async function samples({ url }: TestNode): Promise<Map<string, number>> {
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = (await answer.text())
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  }

  test('counts writes, reads, what was applied, and how long it took', async () => {
    const before = await Promise.all([samples(nodes.primary), samples(nodes.replica)]);
    await putKey(nodes.primary, 'counted', 1);
    await getKey(nodes.primary, 'counted');
    await getKey(nodes.replica, 'counted');
    await sendRaw(portOf(nodes.replica), 'nonsense\r\n\r\n');
    const after = await Promise.all([samples(nodes.primary), samples(nodes.replica)]);
    const grown = (node: 0 | 1, name: string) => (after[node].get(name) ?? 0) - (before[node].get(name) ?? 0);
    expect([
      grown(0, 'tandem_writes_total'),
      grown(0, 'tandem_reads_total'),
      grown(0, 'tandem_replication_lag_seconds_count'),
      grown(0, 'tandem_http_requests_total{route="PUT /key/{key+}",status="201"}'),
      grown(0, 'tandem_http_request_duration_seconds_count{route="GET /key/{key+}"}'),
      grown(1, 'tandem_applied_total'),
      grown(1, 'tandem_reads_total'),
      grown(1, 'tandem_http_refused_total{code="invalid_request"}'),
    ]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('says what GET /status says: the role, the backlog, and whether the nodes are in sync', async () => {
    const [primary, replica] = await Promise.all([samples(nodes.primary), samples(nodes.replica)]);
    const { keys, id, epoch } = await statusOf(nodes.primary);
    expect(Object.fromEntries(primary)).toMatchObject({
      tandem_keys: keys,
      tandem_epoch: epoch,
      tandem_in_sync: 1,
      tandem_peer_reachable: 1,
      tandem_backlog_records: 0,
      tandem_divergent_writes: 0,
      [`tandem_node_info{role="primary",state="serving",id="${id}",store="memory"}`]: 1,
    });
    expect([replica.get('tandem_keys'), replica.has('tandem_in_sync')]).toEqual([keys, false]);
    for (const name of [
      'tandem_event_loop_delay_seconds{quantile="0.99"}',
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
    ])
      expect(primary.get(name)).toBeGreaterThanOrEqual(0);
  });

  test('HEAD has the length of a body, and other methods are refused', async () => {
    const head = await fetch(`${nodes.primary.url}/metrics`, { method: 'HEAD' });
    expect([head.status, Number(head.headers.get('content-length')) > 1000, await head.text()]).toEqual([
      200,
      true,
      '',
    ]);
    const refused = await fetch(`${nodes.primary.url}/metrics`, { method: 'POST' });
    expect([refused.headers.get('allow'), await json(refused)]).toEqual([
      'GET, HEAD',
      expect.objectContaining({ code: 'method_not_allowed' }),
    ]);
  });
});

describe('the process', () => {
  test('says in one line where it listens, and on this machine only', async () => {
    const { url } = nodes.primary;
    const [line] = nodes.primary.output().split('\n');
    expect(line).toBe(`The primary is listening at ${url}, its peer is ${nodes.replica.url}.`);
    const elsewhere = url.replace('127.0.0.1', '127.0.0.2');
    await expect(fetch(elsewhere, { signal: AbortSignal.timeout(5000) })).rejects.toThrow();
  });

  test('says which port is taken, and by whom, and harms not what runs there', async () => {
    const { epoch } = await statusOf(nodes.primary);
    const { port } = new URL(nodes.primary.url);
    const { code, printed } = await run(['--role', 'primary', '--port', port, '--peer', nodes.replica.url]);
    expect([code, printed]).toEqual([
      1,
      expect.stringContaining(`Tandem is already running at http://localhost:${port}`),
    ]);
    expect(printed).toContain('--port');
    expect(await json(putKey(nodes.primary, 'still', 1))).toMatchObject({ status: 'replicated', epoch });
  });

  test.each([
    [[], 'Say which node to serve'],
    [['--role', 'primary', '--host', '0.0.0.0'], 'set PEER_TOKEN, WRITE_TOKEN and READ_TOKEN'],
  ])('refuses the arguments %j', async (args, message) => {
    const { code, printed } = await run(args);
    expect([code, printed]).toEqual([1, expect.stringContaining(message)]);
    expect(printed).not.toContain('    at ');
  });

  test('refuses a wrong environment in a sentence', async () => {
    const [port] = await freePorts(1);
    const args = ['--role', 'replica', '--port', `${port}`, '--peer', nodes.primary.url];
    for (const [name, value] of [
      ['RETENTION_SECONDS', '1'],
      ['CORS_ORIGINS', '*'],
    ] as const) {
      const { code, printed } = await run(args, { [name]: value });
      expect([code, printed.trim()]).toEqual([1, expect.stringMatching(new RegExp(`^${name} must be .*\\.$`))]);
    }
  });

  test('P4 P6 told to stop, it answers what is under way, takes nothing new, and ends with 0', async () => {
    const { epoch } = await statusOf(nodes.primary);
    const { socket, received, closed } = await rawConnection(portOf(nodes.replica));
    const waits = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    socket.write(waits(`/key/never?at_least=%22${epoch}-99%22&wait=2`));
    // Once this is answered, the one before it is under way.
    await getKey(nodes.replica, 'foo');
    const stopped = nodes.replica.stop('SIGTERM');
    await until(() =>
      fetch(nodes.replica.url).then(
        () => false,
        () => true,
      ),
    );
    await Promise.all([closed, stopped]);
    const answer = answersIn(received());
    expect(answer.map(({ status, headers }) => [status, headers.connection])).toEqual([[503, 'close']]);
    expect(JSON.parse(answer[0]?.body ?? '')).toMatchObject({ code: 'not_yet_replicated' });
    expect(nodes.replica.exitCode()).toBe(0);
    await nodes.replica.start();
  });

  test('P5 killed and started again, the primary has what the replica holds', async () => {
    await putKey(nodes.primary, 'kept', 'here');
    await nodes.primary.stop('SIGKILL');
    await nodes.primary.start();
    expect(await json(getKey(nodes.primary, 'kept'))).toMatchObject({ value: 'here' });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('P4 ends on %s, and has what it missed once it is back', async (signal) => {
    await nodes.replica.stop(signal);
    expect((await putKey(nodes.primary, `missed-${signal}`, 1)).status).toBe(202);
    await nodes.replica.start();
    await until(async () => (await getKey(nodes.replica, `missed-${signal}`)).status === 200);
  });
});
