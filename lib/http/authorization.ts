// Bearer tokens (RFC 6750), compared in constant time.
import { nodeCrypto } from '../builtin.ts';
import { TandemError } from '../errors.ts';
import type { Event } from './request.ts';

/** @throws TandemError `unauthorized` without a bearer token, `forbidden` with a wrong one */
export function checkPeer(event: Event, token: string): void {
  const given = /^Bearer ([^\s]+)$/i.exec(event.headers.authorization ?? '')?.[1];
  if (given === undefined)
    throw new TandemError('unauthorized', 'Send Authorization: Bearer with the PEER_TOKEN of the nodes.');
  if (!sameToken(given, token)) throw new TandemError('forbidden', 'That token is not the PEER_TOKEN of this node.');
}

/** Hashing first makes the lengths equal, which the comparison needs. */
function sameToken(a: string, b: string): boolean {
  const { hash, timingSafeEqual } = nodeCrypto();
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}
