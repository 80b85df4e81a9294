// Which requests a server on this machine answers: those that name this machine, and that no page of another one has sent.
import type { IncomingMessage } from 'node:http';
import { nodeCrypto } from '../../lib/builtin.ts';

/** The pages that are answered besides those of this machine. */
export interface KnownPages {
  /** Origins of other pages, such as `https://app.example`. */
  readonly origins: ReadonlySet<string>;
  /** What the console shows that was opened as a file. Absent: no page without an origin is answered. */
  readonly consoleSecret?: string;
}

/** In lower case, as Node names headers. */
const SECRET_HEADER = 'tandem-console';

export interface Received {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** @returns why the request is refused, as a sentence for whoever sent it; `undefined` if it is answered */
export function refusalOf(request: Received, known: KnownPages): string | undefined {
  if (!isThisMachine(hostOf(request))) return 'Only requests to localhost or 127.0.0.1 are answered here.';
  return refusalOfPage(request, known);
}

/** The same of the page alone that has sent it, whatever machine the request names. */
export function refusalOfPage(request: Received, known: KnownPages): string | undefined {
  const { origin } = request.headers;
  if (origin === undefined)
    return isEmbedded(request) ? 'Pages of other sites cannot embed or prefetch this.' : undefined;
  if (origin === 'null') {
    return showsSecret(request, known)
      ? undefined
      : 'Pages without an origin get nothing here, except the console: open ui/index.html of this folder again.';
  }
  if (isOfThisMachine(origin) || known.origins.has(origin)) return undefined;
  return 'Pages of other machines get nothing here, unless CORS_ORIGINS names their http or https origin.';
}

/** A preflight is the browser's own question: it carries nothing, and a page cannot send the header that marks it. */
export function isPreflight({ method, headers }: Received): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** A target that is a whole URL goes before the header (RFC 9112, 3.2.2). */
export function hostOf({ url = '', headers }: Received): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? headers.host;
}

/** @param host with or without a port, in any spelling of the address */
export function isThisMachine(host = ''): boolean {
  // The URL parser would take out what else it may hold, and read the rest.
  if (!/^[\w.:[\]-]+$/.test(host)) return false;
  const hostname = URL.parse(`http://${host}`)?.hostname ?? '';
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function isOfThisMachine(origin: string): boolean {
  return isThisMachine(/^https?:\/\/(.*)$/i.exec(origin)?.[1]);
}

/**
 * An image, a script or a frame comes without an origin; the browser says in headers of its own that a page of another site
 * wants it. Opening an address in a tab is no embedding. What is fetched ahead may be for any page: the browser hides for which,
 * and fetches it again when it is needed.
 */
function isEmbedded({ headers }: Received): boolean {
  const isForAnotherSite = headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-dest'] !== 'document';
  return isForAnotherSite || headers['sec-purpose'] !== undefined;
}

/** Any page can take the origin `null`. The preflight cannot show the secret: it asks whether that may be sent. */
function showsSecret(request: Received, { consoleSecret }: KnownPages): boolean {
  if (consoleSecret === undefined) return false;
  return isPreflight(request) || isEqual(`${request.headers[SECRET_HEADER]}`, consoleSecret);
}

/** In constant time. Hashing first makes the lengths equal. */
function isEqual(given: string, expected: string): boolean {
  const { hash, timingSafeEqual } = nodeCrypto();
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'));
}
