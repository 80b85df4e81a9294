// Authorization by bearer tokens (RFC 6750), compared in constant time.
import { nodeCrypto } from '../builtin.ts';
import { isToken } from '../config/environment.ts';
import { type Lookup, lookUpAhead, type Settings } from '../config/settings.ts';
import { TandemError } from '../errors.ts';
import { type Event, isRead } from './request.ts';

/** What a request does, which decides the tokens that open it. */
export type Level = 'read' | 'write' | 'peer';
/** `public` is open to everybody. `by_method`: GET and HEAD read, any other method writes. */
export type Access = Level | 'by_method' | 'public';

const OPENS: Readonly<Record<Level, string>> = {
  read: 'a READ_TOKEN or WRITE_TOKEN of this node',
  write: 'a WRITE_TOKEN of this node',
  peer: 'the PEER_TOKEN of the nodes',
};

/** @throws TandemError `unauthorized` without a bearer token, `forbidden` with one that does not open this */
export async function checkAccess(access: Access, event: Event, settings: Settings): Promise<void> {
  const level = access === 'by_method' ? (isRead(event) ? 'read' : 'write') : access;
  if (level === 'public') return;
  const lookups = lookupsFor(level, settings);
  if (lookups.length === 0) return;
  const given = bearerToken(event.headers.authorization);
  if (given === undefined) throw new TandemError('unauthorized', `Send Authorization: Bearer with ${OPENS[level]}.`);
  const tokens = await Promise.all(lookups.map((lookup) => lookup()));
  if (!isOneOf(tokens.flat(), given))
    throw new TandemError('forbidden', `That token does not open this. Send ${OPENS[level]}.`);
}

/** Looks the tokens up ahead, so that they are there when the first request comes. */
export function prepareAccess(access: Access, settings: Settings): void {
  if (access === 'public') return;
  const levels: Level[] = access === 'by_method' ? ['read', 'write'] : [access];
  lookUpAhead(levels.flatMap((level) => lookupsFor(level, settings)));
}

/** The lookups of a level's tokens. None: it is open. */
function lookupsFor(level: Level, { peerTokens, writeTokens, readTokens }: Settings): Lookup<readonly string[]>[] {
  if (level === 'peer') return [peerTokens];
  const needed = level === 'write' ? [writeTokens] : [readTokens, readTokens && writeTokens];
  return needed.filter((lookup) => lookup !== undefined);
}

/** The token in an Authorization header; `undefined` when there is none, or anything else. */
function bearerToken(header = ''): string | undefined {
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  return token !== undefined && isToken(token) ? token : undefined;
}

/** Compares with every token, so that the time tells nothing. Hashing first makes the lengths equal. */
function isOneOf(tokens: readonly string[], given: string): boolean {
  const { hash, timingSafeEqual } = nodeCrypto();
  const digest = hash('sha256', given, 'buffer');
  let matches = 0;
  for (const token of tokens) matches += Number(timingSafeEqual(hash('sha256', token, 'buffer'), digest));
  return matches > 0;
}
