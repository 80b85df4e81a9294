// Puts this process's node together from its environment: what every handler needs. What only some need is put
// together beside it (primary-node.ts, replica-node.ts), so that a handler loads no more than it uses.
import { systemClock } from './clock.ts';
import { loadConfig } from './config.ts';
import { consoleLog } from './log.ts';
import { memoryStore } from './store/memory.ts';

export const config = loadConfig(process.env);
export const clock = systemClock;
export const log = consoleLog;
export const store = memoryStore(config.memoryLimitBytes);

/** A primary whose store starts empty serves once it has asked the replica what it holds. */
export const state = { recovering: config.role === 'primary' };
