// What the runner logs beside its functions: requests that reached none of them, and what failed. In the form that LOG wants.
import { consoleLog } from '../../lib/telemetry/log.ts';

export type LogForm = 'requests' | 'json' | 'silent';

export interface RunnerLog {
  /** A line for whoever started it. */
  say(message: string): void;
  /** A request that reached no function. */
  refused(code: string): void;
  warn(message: string): void;
  failed(message: string, fields: Readonly<Record<string, unknown>>, error: unknown): void;
}

export function runnerLog(form: LogForm): RunnerLog {
  return {
    say: (message) => console.log(form === 'json' ? jsonLine(message) : message),
    refused(code) {
      if (form === 'requests') console.log(`${new Date().toISOString().slice(11, 23)} refused ${code}`);
      if (form === 'json') console.log(jsonLine('refused', { code }));
    },
    warn: (message) => consoleLog.warn(message),
    failed: (message, fields, error) => consoleLog.error(message, { ...fields }, error),
  };
}

/** As the functions print theirs. */
function jsonLine(message: string, fields: object = {}): string {
  return JSON.stringify({ level: 'INFO', message, timestamp: new Date().toISOString(), ...fields });
}
