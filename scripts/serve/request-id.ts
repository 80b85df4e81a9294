// Names each request of this process, in the form of a UUID: what a random one begins with, and then a count, since drawing 16 random
// bytes for each takes a microsecond.
import { randomUUID } from 'node:crypto';

/** Of the last group of a UUID. */
const DIGITS = 12;

const process = randomUUID().slice(0, -DIGITS);
let count = 0;

export function nextRequestId(): string {
  return process + (++count).toString(16).padStart(DIGITS, '0');
}
