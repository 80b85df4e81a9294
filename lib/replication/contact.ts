// What a primary knows of its replica at the moment: kept by shipping, read by the status and by the next write.

export interface Contact {
  /** When the replica last answered, in milliseconds. */
  at?: number;
  /** The id of its store. */
  id?: string;
  /** Why the last request failed. Absent: it did not. */
  error?: string;
  /** A whole request has failed, or was not tried, since the backlog was last shipped. */
  owesBacklog: boolean;
  /** From this time on (milliseconds) a single record that failed is due again; Infinity when none is. */
  retryAt: number;
}

export function noContact(): Contact {
  return { owesBacklog: false, retryAt: Number.POSITIVE_INFINITY };
}
