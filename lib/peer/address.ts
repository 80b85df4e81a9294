// Where the peer is and which token to show it, looked up for every request: both may change while the node runs.
import { PeerError } from './peer.ts';

export interface Address {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token: string;
}

export type UrlLookup = () => string | Promise<string>;
/** The first token is the one to send. */
export type TokensLookup = () => readonly string[] | Promise<readonly string[]>;

/** @throws PeerError when it is not found within `limitMs` */
export async function lookUpAddress(url: UrlLookup, tokens: TokensLookup, limitMs: number): Promise<Address> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(late.reject, limitMs);
  try {
    const [found, [token = '']] = await Promise.race([Promise.all([url(), tokens()]), late.promise]);
    return { url: found, token };
  } catch {
    // The lookup has logged the reason, which is no business of clients.
    throw new PeerError('replica unreachable: its URL or its token could not be read (see the log of this node)');
  } finally {
    clearTimeout(timer);
  }
}
