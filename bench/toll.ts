// Loaded into the process of a node: at SIGUSR2 it prints its toll, which is the longest time for which the event loop stood
// still since the last time, and the processor time since the start.
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Toll {
  readonly longestStallMs: number;
  readonly cpuMs: number;
}

/** How often the loop is looked at, in milliseconds: what it shows is by so much longer than the work. */
const EACH_MS = 10;
const MARK = 'toll: ';

/** The toll in what a process has printed last. */
export function tollIn(output: string): Toll {
  return JSON.parse(output.slice(output.lastIndexOf(MARK) + MARK.length));
}

const delays = monitorEventLoopDelay({ resolution: EACH_MS });
delays.enable();
process.on('SIGUSR2', () => {
  const { user, system } = process.cpuUsage();
  const toll: Toll = { longestStallMs: delays.max / 1e6, cpuMs: (user + system) / 1000 };
  console.log(MARK + JSON.stringify(toll));
  delays.reset();
});
