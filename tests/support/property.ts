// Properties whose runs are dear.

/**
 * Shrinking ends in time to show what it has come to. Fewer runs than there should be are a failure, so that a slow
 * machine does not prove less.
 */
export const WHOLE = { interruptAfterTimeLimit: 300_000, markInterruptAsFailure: true } as const;
