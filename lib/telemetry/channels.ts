// How a node speaks to the runner of its process, with which it shares no module: the runner has the functions as a built artifact.
// On Lambda nobody listens.
import type { Metrics } from './metrics.ts';

const { channel } = process.getBuiltinModule('node:diagnostics_channel');

/** Of each request that counts something, and of each repair: `Metrics`. */
export const metricsChannel = channel('tandem:metrics');

export function publishMetrics(metrics: Metrics): void {
  if (metricsChannel.hasSubscribers) metricsChannel.publish(metrics);
}
