// What `npm start` can start.
import type { PortUse } from '../ports.ts';

export interface Part {
  readonly ports: readonly PortUse[];
  /** @returns where it is, once it serves. @throws Error, for people */
  start(): Promise<string>;
  /** Resolves once it has ended. Absent: it ends with this process. */
  stop?(): Promise<void>;
}
