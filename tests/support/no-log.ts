// A log of which nobody reads anything.
import type { Log } from '../../lib/telemetry/log.ts';

export const noLog: Log = { warn: () => {}, error: () => {} };
