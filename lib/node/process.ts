// The parts of this process's node that every handler needs, made from the environment. Parts that only some need are in
// files of their own beside this one (store.ts, roles.ts, node.ts, primary.ts), so that a handler loads no more than it uses.
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/config.ts';
import { createSettings } from '../config/settings.ts';
import { publishMetrics } from '../telemetry/channels.ts';
import { consoleLog, type Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export const config = loadConfig(process.env);
export const clock = systemClock;
/** The log and metrics of a deployed node. Absent, and not loaded, on a laptop. */
export const observer =
  config.log === 'json' ? (await import('../telemetry/observer.ts')).createObserver(config.role) : undefined;
export const log: Log = observer ?? consoleLog;
/** Prints the metrics of a request or a repair where they are logged, and tells the runner of this process. */
export function emit(metrics: Metrics): void {
  observer?.emit(metrics);
  publishMetrics(metrics);
}

export const settings = createSettings(config, clock, log);

/** The other node may not be deployed yet: then its URL is not in Parameter Store, and the log says so. */
export async function peerUrlIfKnown(): Promise<string | undefined> {
  try {
    return await settings.peerUrl();
  } catch {
    return undefined;
  }
}
