// The process of a node, as whoever ends it knows it, and its end in words.

/** How a process has ended: one of both, or neither if it could not be started. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The process of a node. What is done to one that has ended has no effect. */
export interface NodeProcess {
  /** Absent: it could not be started. */
  readonly pid: number | undefined;
  /** Resolves once it has ended, and whatever it had started has been killed. Never rejects. */
  readonly ended: Promise<End>;
  /** Asks it to end. A process that is frozen hears of it once it is thawed. */
  terminate(): void;
  /** Ends it at once, frozen or not, with whatever it has started. */
  kill(): void;
  /** Holds it, with whatever it has started, at what it is doing; `thaw` lets it go on. */
  freeze(): void;
  thaw(): void;
}

/** In words: `exit code 1`, or `signal SIGKILL`. */
export function endOf({ code, signal }: End): string {
  if (code !== null) return `exit code ${code}`;
  return signal === null ? 'not started' : `signal ${signal}`;
}
