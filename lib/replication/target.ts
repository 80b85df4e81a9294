// Where the peer is and what to show it, looked up for every request: both may change while the node runs.
import { PeerError } from './peer.ts';

export interface Target {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token: string;
}

export type UrlLookup = () => string | Promise<string>;
/** The first one is sent. */
export type TokensLookup = () => readonly string[] | Promise<readonly string[]>;

/** @throws PeerError when it is not found within `limitMs` */
export async function lookUpTarget(url: UrlLookup, tokens: TokensLookup, limitMs: number): Promise<Target> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(late.reject, limitMs);
  try {
    const [found, [token = '']] = await Promise.race([Promise.all([url(), tokens()]), late.promise]);
    return { url: found, token };
  } catch {
    // Whoever looks it up logs the reason, which clients have no business with.
    throw new PeerError('replica unreachable: its URL or its token could not be read (see the log of this node)');
  } finally {
    clearTimeout(timer);
  }
}
