// The metrics of a deployed node. Alarms refer to these names.

/** Each metric, and its unit as CloudWatch names it. */
export const UNITS = {
  /** Writes and deletions that were stored. */
  Writes: 'Count',
  /** Keys that were read: answered with 200 or 304. */
  Reads: 'Count',
  /** The time from a write to the replica's acknowledgement. */
  ReplicationLag: 'Milliseconds',
  /** Writes that were answered without an acknowledgement, and records that failed in a repair. */
  ReplicationFailures: 'Count',
  /** After a scheduled repair of the primary: records in the backlog, and how old the oldest of them is. */
  BacklogSize: 'Count',
  BacklogAge: 'Seconds',
  /** After one: writes that a failover has superseded unseen, and that nobody has acknowledged. */
  Divergent: 'Count',
  /** Records that were new to the replica and that it took in. */
  Applied: 'Count',
} as const;

export type MetricName = keyof typeof UNITS;
export const METRIC_NAMES = Object.keys(UNITS) as MetricName[];

/** The metrics of one request. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

/** A count, left out when it is 0. */
export function counted(name: MetricName, count: number): Metrics {
  return count > 0 ? { [name]: count } : {};
}
