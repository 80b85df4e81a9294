// Which requests a node answers: on this machine those of this machine, elsewhere those that name a host of its own.
import { corsOrigins, knownPages } from '../browsers/known-pages.ts';
import { hostOf, isThisMachine, type Received, refusalOf, refusalOfPage } from '../browsers/refusal.ts';
import type { ServeOptions } from './options.ts';

/** @returns why a request is refused; `undefined` if it is answered */
export type Admission = (request: Received) => string | undefined;

/** @throws ConfigError when CORS_ORIGINS is wrong, or the secret of the console cannot be had */
export async function admissionFor(options: ServeOptions): Promise<Admission> {
  if (options.isExposed) return admissionOfExposed(options.allowedHosts, corsOrigins(process.env));
  const known = await knownPages();
  const isKnown = remember((host) => isThisMachine(host));
  return (request) => {
    // What most requests are: of a program, to a name that was looked at before.
    const { headers, url = '' } = request;
    if (headers.origin === undefined && headers['sec-fetch-site'] === undefined && url.startsWith('/'))
      if (headers['sec-purpose'] === undefined && isKnown(headers.host)) return undefined;
    return refusalOf(request, known);
  };
}

/**
 * A token protects what such a node holds, as on AWS; so pages of every origin are answered, unless CORS_ORIGINS names some.
 * @param hosts none: any
 */
function admissionOfExposed(hosts: ReadonlySet<string>, origins: ReadonlySet<string>): Admission {
  const isKnown = remember((host) => isThisMachine(host) || hosts.has(hostnameOf(host)));
  return (request) => {
    if (hosts.size > 0 && !isKnown(hostOf(request)))
      return 'Only requests to the hosts that ALLOWED_HOSTS names are answered here.';
    if (origins.size === 0 || request.headers.origin === undefined) return undefined;
    return refusalOfPage(request, { origins });
  };
}

/** Without the port, in lower case. */
export function hostnameOf(host = ''): string {
  return (URL.parse(`http://${host}`)?.hostname ?? '').toLowerCase();
}

/** Remembers one host that is known: clients of a node mostly use the same. */
function remember(isKnown: (host: string | undefined) => boolean): (host: string | undefined) => boolean {
  let last: string | undefined;
  return (host) => {
    if (host !== undefined && host === last) return true;
    if (!isKnown(host)) return false;
    last = host;
    return true;
  };
}
