// When a key expires, as a client says it: after some seconds, or at a time.
import { TandemError } from './errors.ts';
import { MAX_TTL_SECONDS } from './limits.ts';

/** `ttl` in seconds from the write on, `expiresAt` in milliseconds since 1970. */
export type Expiry = { readonly ttl: number } | { readonly expiresAt: number };

/**
 * @param now the time of the write, in milliseconds
 * @returns when the key expires, in milliseconds
 * @throws TandemError `invalid_body` for a time that is over, or further ahead than a `ttl` may be
 */
export function expiryTime(expiry: Expiry, now: number): number {
  if ('ttl' in expiry) return now + expiry.ttl * 1000;
  const { expiresAt } = expiry;
  if (expiresAt > now && expiresAt <= now + MAX_TTL_SECONDS * 1000) return expiresAt;
  const detail = `expiresAt must be later than now, and at most ${MAX_TTL_SECONDS} seconds ahead.`;
  throw new TandemError('invalid_body', detail, { field: 'expiresAt' });
}
