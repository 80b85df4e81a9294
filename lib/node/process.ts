// Puts this process's node together from its environment: what every handler needs. What only some need is put
// together beside it (store-node.ts, primary-node.ts, replica-node.ts), so that a handler loads no more than it uses.
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/config.ts';
import { createSettings } from '../config/settings.ts';
import { consoleLog, type Log } from '../telemetry/log.ts';

export const config = loadConfig(process.env);
export const clock = systemClock;
/** What a deployed node tells its operator. Absent, and not loaded, on a laptop. */
export const observer =
  config.log === 'json' ? (await import('../telemetry/observer.ts')).createObserver(config.role) : undefined;
export const log: Log = observer ?? consoleLog;
export const settings = createSettings(config, clock, log);

/** A primary whose store starts empty serves once it has asked the replica what it holds. */
export const state = { recovering: config.role === 'primary' && config.store.kind === 'memory' };
