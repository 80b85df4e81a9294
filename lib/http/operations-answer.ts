// The answer to `POST /batch`: what each operation would have been answered alone, in their order.
import { TandemError } from '../errors.ts';
import { MAX_PAGE_BYTES } from '../limits.ts';
import type { MetricName, Metrics } from '../telemetry/metrics.ts';
import type { Answer } from './answer.ts';

/**
 * @param isAsync whether the client has asked not to wait for the copies
 * @param full the answer to a read that has no room in the answer any more
 */
export function operationsAnswer(answers: readonly Answer[], isAsync: boolean, full: Answer): Answer {
  let bytes = 0;
  const results = answers.map((answer) => {
    bytes += answer.body?.length ?? 0;
    const isTold = bytes <= MAX_PAGE_BYTES || answer.metrics?.Reads === undefined;
    return resultOf(isTold ? answer : full);
  });
  return {
    status: 200,
    body: `{"results":[${results.join(',')}]}`,
    ...(isAsync && { headers: { 'preference-applied': 'respond-async' } }),
    metrics: sumOf(answers),
  };
}

/** JSON text: the status, and the body as it is. */
function resultOf({ status, body }: Answer): string {
  if (body === undefined) return `{"status":${status}}`;
  const members = body.slice(1);
  return `{"status":${status}${members === '}' ? '' : ','}${members}`;
}

export function noRoom(): TandemError {
  return new TandemError('value_too_large', 'The answers before this one fill the batch. Ask for this key again.');
}

/** Counts are added up. Of lags the longest one is told. */
function sumOf(answers: readonly Answer[]): Metrics {
  const sum: Partial<Record<MetricName, number>> = {};
  for (const { metrics = {} } of answers) {
    for (const [name, value] of Object.entries(metrics) as [MetricName, number][]) {
      sum[name] = name === 'ReplicationLag' ? Math.max(sum[name] ?? 0, value) : (sum[name] ?? 0) + value;
    }
  }
  return sum;
}
