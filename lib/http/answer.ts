// What a handler answers with.
import type { Metrics } from '../telemetry/metrics.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
  /** The metrics of this request. */
  readonly metrics?: Metrics;
}

/** An answer with a JSON body. */
export function json(status: number, content: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body: JSON.stringify(content), ...(headers && { headers }) };
}

/** Milliseconds since 1970 in the API's form. A page has many times of one minute, so the minute is formatted once. */
export function isoTime(ms: number): string {
  const minute = Math.floor(ms / 60_000);
  if (minute !== lastMinute) {
    lastMinute = minute;
    minuteText = new Date(minute * 60_000).toISOString().slice(0, -'00.000Z'.length);
  }
  const rest = ms - minute * 60_000;
  return `${minuteText}${pad(Math.floor(rest / 1000), 2)}.${pad(rest % 1000, 3)}Z`;
}

let lastMinute = Number.NaN;
let minuteText = '';

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
