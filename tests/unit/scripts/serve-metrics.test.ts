// The text that Prometheus reads, and what it is made of.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { family, Histogram } from '../../../scripts/serve/exposition.ts';
import type { Invoke } from '../../../scripts/serve/gateway.ts';
import { Metrics } from '../../../scripts/serve/metrics.ts';
import { withOwnRoutes } from '../../../scripts/serve/own-routes.ts';
import { eventOf } from '../../support/events.ts';

test('labels are escaped, and a family without samples says its type', () => {
  expect(family('a_total', 'counter', 'Says.', [{ labels: { b: 'x"y\\z\n' }, value: 1 }])).toBe(
    '# HELP a_total Says.\n# TYPE a_total counter\na_total{b="x\\"y\\\\z\\n"} 1\n',
  );
  expect(family('b', 'gauge', 'Says.', [])).toBe('# HELP b Says.\n# TYPE b gauge\n');
});

test('a histogram counts what is at most a bound into it, and into all above', () => {
  const histogram = new Histogram([0.1, 1]);
  for (const seconds of [0, 0.1, 0.2, 1, 5]) histogram.observe(seconds);
  expect(
    family('h', 'histogram', 'Says.', histogram.samples({ a: 'b' }))
      .split('\n')
      .slice(2, -1),
  ).toEqual([
    'h_bucket{a="b",le="0.1"} 2',
    'h_bucket{a="b",le="1"} 4',
    'h_bucket{a="b",le="+Inf"} 5',
    'h_sum{a="b"} 6.3',
    'h_count{a="b"} 5',
  ]);
});

test('every line is a comment or a sample, and no family comes twice', () => {
  const metrics = new Metrics();
  metrics.answered('GET /key/{key+}', 200, 3);
  metrics.refused('invalid_request');
  metrics.scheduled('failed');
  metrics.counted({ Writes: 1, ReplicationLag: 4, BacklogSize: 7 });
  const text = metrics.text({
    role: 'primary',
    state: 'serving',
    id: 'i',
    store: 'memory',
    epoch: null,
    keys: 0,
    backlog: { count: 0, oldestAgeMs: null },
  });
  const lines = text.trimEnd().split('\n');
  for (const line of lines)
    expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [\d.e+-]+)$/);
  const names = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
  expect(names).toEqual([...new Set(names)]);
  expect(lines).toEqual(
    expect.arrayContaining([
      'tandem_writes_total 1',
      'tandem_scheduled_runs_total{outcome="failed"} 1',
      'tandem_backlog_oldest_age_seconds 0',
    ]),
  );
});

test('an event loop that stands still is seen, and counts once', async () => {
  const metrics = new Metrics();
  const status = { role: 'replica', state: 'serving', id: 'i', store: 'memory', keys: 0 };
  const maxOf = () => Number(/^tandem_event_loop_delay_max_seconds (.+)$/m.exec(metrics.text(status))?.[1]);
  // The first look of the monitor comes before the stall.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const end = performance.now() + 300;
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(maxOf()).toBeGreaterThan(0.2);
  await nextTurn();
  expect(maxOf()).toBeLessThan(0.2);
});

test('whoever may not read the status does not read the metrics: the answer is that of the status', async () => {
  const asked: unknown[] = [];
  const invoke: Invoke = async (routeKey, { headers, requestContext }) => {
    asked.push([routeKey, headers.authorization, requestContext.http]);
    return {
      statusCode: 401,
      headers: { 'content-type': 'application/problem+json' },
      body: '{"code":"unauthorized"}',
    };
  };
  const event = eventOf('GET', '/metrics', { headers: { authorization: 'Bearer x' } });
  expect(await withOwnRoutes(invoke, new Metrics())('GET /metrics', event)).toMatchObject({
    statusCode: 401,
    body: '{"code":"unauthorized"}',
  });
  expect(asked).toEqual([['GET /status', 'Bearer x', expect.objectContaining({ method: 'GET', path: '/status' })]]);
});
