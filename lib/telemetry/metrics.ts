// What a deployed node counts and measures. Alarms refer to these names.

/** Each metric, and its unit as CloudWatch names it. */
export const UNITS = {
  /** Writes and deletions that were stored. */
  Writes: 'Count',
  /** Keys that were read: answered with 200 or 304. */
  Reads: 'Count',
  /** Of a write that was replicated: from the time of the write to the replica's acknowledgement. */
  ReplicationLag: 'Milliseconds',
  /** Writes that were answered without an acknowledgement, and records that failed in a repair. */
  ReplicationFailures: 'Count',
  /** After a scheduled repair: records in the backlog, and how old the oldest of them is. */
  BacklogSize: 'Count',
  BacklogAge: 'Seconds',
  /** After a scheduled repair: 1 when the primary was replaced. */
  Fenced: 'Count',
  /** Records that were new to the replica and that it took in. */
  Applied: 'Count',
} as const;

export type MetricName = keyof typeof UNITS;

/** What one request has counted and measured. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

/** A count that goes without saying when it is 0. */
export function counted(name: MetricName, count: number): Metrics {
  return count > 0 ? { [name]: count } : {};
}
