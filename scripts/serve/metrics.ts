// `GET /metrics`: what this process has counted since its start, how its event loop is, and what `GET /status` says now, for
// Prometheus. It is kept as plain numbers, so that counting a request takes no time to speak of; libraries for this take a sixth of a
// second of processor time to load, and half a microsecond for each observation.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ErrorCode } from '../../lib/errors.ts';
import type { Metrics as NodeMetrics } from '../../lib/telemetry/metrics.ts';
import { family, Histogram, type Sample } from './exposition.ts';

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** In seconds: from a read in memory to a write whose replica hangs. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** How often the delay of the event loop is looked at, in milliseconds. */
const RESOLUTION_MS = 20;
const SECONDS_IN_NS = 1e9;

/** What of the body of `GET /status` is shown. */
export interface Status {
  readonly role: string;
  readonly state: string;
  readonly id: string;
  readonly store: string;
  readonly epoch?: number | null;
  readonly highestEpoch?: number | null;
  readonly keys: number;
  readonly inSync?: boolean;
  readonly divergent?: number;
  readonly backlog?: { readonly count: number; readonly oldestAgeMs: number | null };
  readonly replica?: { readonly reachable: boolean | null };
  readonly primary?: { readonly reachable: boolean | null };
}

interface Route {
  readonly byStatus: Map<number, number>;
  readonly durations: Histogram;
}

export class Metrics {
  readonly #routes = new Map<string, Route>();
  readonly #refused = new Map<string, number>();
  readonly #scheduled = { done: 0, failed: 0 };
  readonly #node = { Writes: 0, Reads: 0, Applied: 0, ReplicationFailures: 0 };
  readonly #lag = new Histogram(BOUNDS);
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  answered(routeKey: string, status: number, ms: number): void {
    let route = this.#routes.get(routeKey);
    if (!route) {
      route = { byStatus: new Map(), durations: new Histogram(BOUNDS) };
      this.#routes.set(routeKey, route);
    }
    route.byStatus.set(status, (route.byStatus.get(status) ?? 0) + 1);
    route.durations.observe(ms / 1000);
  }

  refused(code: ErrorCode): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  scheduled(outcome: 'done' | 'failed'): void {
    this.#scheduled[outcome]++;
  }

  /** What a function counts. */
  counted({ Writes = 0, Reads = 0, Applied = 0, ReplicationFailures = 0, ReplicationLag }: NodeMetrics): void {
    this.#node.Writes += Writes;
    this.#node.Reads += Reads;
    this.#node.Applied += Applied;
    this.#node.ReplicationFailures += ReplicationFailures;
    if (ReplicationLag !== undefined) this.#lag.observe(ReplicationLag / 1000);
  }

  /** @param status the body of `GET /status` now */
  text(status: Status): string {
    return [...this.#requests(), ...this.#replication(), ...statusFamilies(status), ...this.#process()].join('');
  }

  #requests(): string[] {
    const routes = [...this.#routes];
    const counts = routes.flatMap(([route, { byStatus }]) =>
      [...byStatus].map(([status, value]) => ({ labels: { route, status: `${status}` }, value })),
    );
    const refused = [...this.#refused].map(([code, value]) => ({ labels: { code }, value }));
    return [
      family('tandem_http_requests_total', 'counter', 'Requests that a function has answered.', counts),
      family(
        'tandem_http_request_duration_seconds',
        'histogram',
        'From the headers of a request to its answer.',
        routes.flatMap(([route, { durations }]) => durations.samples({ route })),
      ),
      family('tandem_http_refused_total', 'counter', 'Requests that reached no function, by error code.', refused),
    ];
  }

  #replication(): string[] {
    const { Writes, Reads, Applied, ReplicationFailures } = this.#node;
    const { done, failed } = this.#scheduled;
    return [
      family('tandem_writes_total', 'counter', 'Writes and deletions that were stored.', one(Writes)),
      family('tandem_reads_total', 'counter', 'Keys that were read.', one(Reads)),
      family('tandem_applied_total', 'counter', 'Records of the other node that were new and taken in.', one(Applied)),
      family(
        'tandem_replication_failures_total',
        'counter',
        'Writes answered without an acknowledgement, and records that failed in a repair.',
        one(ReplicationFailures),
      ),
      family(
        'tandem_replication_lag_seconds',
        'histogram',
        'From a write to the acknowledgement of the replica.',
        this.#lag.samples(),
      ),
      family('tandem_scheduled_runs_total', 'counter', 'What a node does once a minute.', [
        { labels: { outcome: 'done' }, value: done },
        { labels: { outcome: 'failed' }, value: failed },
      ]),
    ];
  }

  #process(): string[] {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    const delay = this.#delay;
    const quantiles = [50, 90, 99].map((p) => ({
      labels: { quantile: `${p / 100}` },
      // The time between two looks is no delay.
      value: Math.max(0, delay.percentile(p) / SECONDS_IN_NS - RESOLUTION_MS / 1000),
    }));
    const max = Math.max(0, delay.max / SECONDS_IN_NS - RESOLUTION_MS / 1000);
    delay.reset();
    return [
      family(
        'tandem_event_loop_delay_seconds',
        'gauge',
        'How late timers were since the last time that this was asked.',
        quantiles,
      ),
      family('tandem_event_loop_delay_max_seconds', 'gauge', 'The longest of these delays.', one(max)),
      family('process_cpu_seconds_total', 'counter', 'Processor time of this process.', one((user + system) / 1e6)),
      family('process_resident_memory_bytes', 'gauge', 'Resident memory of this process.', one(rss)),
      family('nodejs_heap_size_used_bytes', 'gauge', 'Used heap of this process.', one(heapUsed)),
      family(
        'process_start_time_seconds',
        'gauge',
        'When this process started, in seconds since 1970.',
        one(Math.round(performance.timeOrigin) / 1000),
      ),
    ];
  }
}

function statusFamilies(status: Status): string[] {
  const { role, state, id, store, keys, inSync, divergent, backlog, replica, primary } = status;
  const epoch = status.epoch ?? status.highestEpoch;
  const age = backlog && (backlog.oldestAgeMs ?? 0) / 1000;
  const reachable = (replica ?? primary)?.reachable === true ? 1 : 0;
  return [
    family('tandem_node_info', 'gauge', 'What this node is.', [{ labels: { role, state, id, store }, value: 1 }]),
    family('tandem_epoch', 'gauge', 'The epoch that it leads in, or the latest that it has seen.', maybe(epoch)),
    family('tandem_keys', 'gauge', 'Live keys.', one(keys)),
    family('tandem_peer_reachable', 'gauge', 'Whether the other node answers, in its role.', one(reachable)),
    family(
      'tandem_in_sync',
      'gauge',
      'Of the primary: whether the replica holds all that it does.',
      maybe(inSync === undefined ? undefined : Number(inSync)),
    ),
    family('tandem_backlog_records', 'gauge', 'Records that the replica has not acknowledged.', maybe(backlog?.count)),
    family('tandem_backlog_oldest_age_seconds', 'gauge', 'Age of the oldest of these writes.', maybe(age)),
    family('tandem_divergent_writes', 'gauge', 'Writes that a failover superseded unseen.', maybe(divergent)),
  ];
}

const one = (value: number): Sample[] => [{ value }];
/** Without a sample where this node cannot say. */
const maybe = (value: number | null | undefined): Sample[] => (typeof value === 'number' ? [{ value }] : []);
