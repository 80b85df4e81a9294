// How a node and the runner of its process speak, which share no module: the runner has the functions as a built artifact. On
// Lambda nobody listens.
import type { Metrics } from './metrics.ts';

const { channel } = process.getBuiltinModule('node:diagnostics_channel');

/** Of each request that counts something, and of each repair: `Metrics`. */
export const metricsChannel = channel('tandem:metrics');
/** Once, when the runner has answered all that was under way, and the process is to end: `Stopping`. */
export const stopChannel = channel('tandem:stop');

export interface Stopping {
  /** The process does not end before this has, within the time limit of the runner. */
  waitFor(work: Promise<void>): void;
}

export function publishMetrics(metrics: Metrics): void {
  if (metricsChannel.hasSubscribers) metricsChannel.publish(metrics);
}

/** Has the process wait for this when it is told to stop. */
export function beforeStop(work: () => Promise<void>): void {
  stopChannel.subscribe((message) => (message as Stopping).waitFor(work()));
}

/** Tells the node to stop. Resolves once what it does before is done. @throws what that throws */
export async function announceStop(): Promise<void> {
  const works: Promise<void>[] = [];
  stopChannel.publish({ waitFor: (work) => void works.push(work) } satisfies Stopping);
  await Promise.all(works);
}
