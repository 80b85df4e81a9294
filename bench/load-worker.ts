// The load generator's process: autocannon, away from what it measures and from what starts it.
import autocannon from 'autocannon';
import type { Figures, Load } from './load.ts';
import { quantile } from './stats.ts';
import { below, CONNECTIONS, cursorAfter, keyAt, putBody } from './workload.ts';

/** What counts as success. A 202 is none, unless the load says so: the write was not replicated. */
const EXPECTED: Readonly<Record<Load['kind'], readonly number[]>> = {
  get: [200],
  put: [200],
  create: [200, 201],
  list: [200],
};

/** Never used twice, whatever is measured: `create` makes a new key each time. */
let created = 0;

process.on('message', async (load: Load) => {
  const { figures, error } = await run(load).then(
    (figures) => ({ figures, error: undefined }),
    (error: Error) => ({ figures: undefined, error: error.message }),
  );
  process.send?.({ figures, error });
});

async function run({
  url,
  kind,
  keys,
  seconds,
  connections = CONNECTIONS,
  mayBePending = false,
}: Load): Promise<Figures> {
  const latencies: number[] = [];
  const unexpected = new Map<number, number>();
  const started = performance.now();
  let ended = started;
  const instance = autocannon({
    url,
    connections,
    duration: seconds,
    sampleInt: 50,
    requests: [{ setupRequest: (request) => ({ ...request, ...requestOf(kind, keys) }) }],
  });
  instance.on('response', (_client, status, _bytes, ms) => {
    ended = performance.now();
    if (EXPECTED[kind].includes(status) || (mayBePending && status === 202)) latencies.push(ms);
    else unexpected.set(status, (unexpected.get(status) ?? 0) + 1);
  });
  const { errors, timeouts } = await instance;
  if (unexpected.size > 0 || errors > 0 || timeouts > 0) {
    const statuses = [...unexpected].map(([status, count]) => `${count} × ${status}`).join(', ') || 'none';
    throw new Error(`${kind} at ${url}: unexpected answers: ${statuses}; errors: ${errors}; timeouts: ${timeouts}`);
  }
  return {
    rate: (latencies.length * 1000) / (ended - started),
    requests: latencies.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
    lastCreated: newKey(created),
  };
}

function requestOf(kind: Load['kind'], keys: number) {
  const i = below(keys);
  switch (kind) {
    case 'get':
      return { method: 'GET', path: `/key/${keyAt(i)}` };
    case 'put':
      return put(keyAt(i), i);
    case 'create':
      created++;
      return put(newKey(created), created);
    case 'list':
      return { method: 'GET', path: `/keys?cursor=${cursorAfter(keyAt(i))}` };
  }
}

function put(key: string, i: number) {
  return { method: 'PUT', path: `/key/${key}`, headers: { 'Content-Type': 'application/json' }, body: putBody(i) };
}

function newKey(i: number): string {
  return `new-${keyAt(i)}`;
}
