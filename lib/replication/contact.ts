// What a primary knows of its replica at the moment: kept by shipping and repair, read by the status and the next write.
import type { PeerError } from './peer.ts';

export interface Contact {
  /** When the replica last answered, in milliseconds. */
  at?: number;
  /** The id of its store. */
  id?: string;
  /** Why the last request failed. Absent: it did not. */
  error?: string;
  /** The higher epoch that the replica has seen: this primary was replaced, and takes no more writes. */
  fencedBy?: number;
  /** A whole request has failed, or was not tried, since the backlog was last shipped. */
  owesBacklog: boolean;
  /** The nodes may differ in what was once acknowledged: compare, and mend. */
  owesComparison: boolean;
  /** Up to this group of buckets the nodes have been compared; the next comparison goes on from there. */
  compareFrom: number;
  /** When a comparison last got through, in milliseconds. */
  comparedAt?: number;
  /** A comparison that a write started has failed: none does so again before this elapsed time (milliseconds). */
  compareAgainAt: number;
  /** From this time on (milliseconds) a single record that failed is due again; Infinity when none is. */
  retryAt: number;
  /** When the last thing that differed was mended, as far as is known. Absent: the nodes have not been compared. */
  mendedAt?: number;
  /** Something has failed since then. */
  hasFailed: boolean;
}

/** @param recovered the replica whose contents this primary has just taken over, if it has, and when */
export function newContact(recovered?: { readonly id: string; readonly at: number }): Contact {
  return {
    owesBacklog: false,
    hasFailed: false,
    owesComparison: recovered === undefined,
    compareFrom: 0,
    compareAgainAt: 0,
    retryAt: Number.POSITIVE_INFINITY,
    ...(recovered && { id: recovered.id, at: recovered.at, mendedAt: recovered.at }),
  };
}

/** Notes that a request failed. @param epoch of this primary: a replica that has seen a higher one has another primary */
export function missed(contact: Contact, { message, highestEpoch }: PeerError, epoch: number): void {
  contact.error = message;
  contact.owesBacklog = true;
  contact.hasFailed = true;
  if (highestEpoch === undefined || highestEpoch <= epoch) return;
  contact.fencedBy = highestEpoch;
  owe(contact);
}

/** Whether another primary took over. @param epoch of this one; `undefined` before it has begun to reign */
export function isFenced({ fencedBy = 0 }: Contact, epoch = Number.POSITIVE_INFINITY): boolean {
  return fencedBy > epoch;
}

/** Notes that the nodes may differ in anything. */
export function owe(contact: Contact): void {
  contact.owesComparison = true;
  contact.compareFrom = 0;
}

/** Notes that a record has arrived. After a failure, its own or any other, that is when something was mended. */
export function delivered(contact: Contact, hadFailed: boolean, now: number): void {
  if (!hadFailed && !contact.hasFailed) return;
  contact.hasFailed = false;
  if (contact.mendedAt !== undefined) contact.mendedAt = now;
}

/** Notes an answer of the replica. Another id than before means that it lost what it held. */
export function heard(contact: Contact, id: string, now: number): void {
  if (contact.id !== undefined && contact.id !== id) {
    owe(contact);
    delete contact.mendedAt;
  }
  contact.at = now;
  contact.id = id;
  delete contact.error;
}
