// Which requests may end processes of this machine: those of the very page that this server serves, and those of programs.
import type { Received } from './refusal.ts';

/**
 * Stricter than `refusalOf`, which comes before it: pages of this machine that another port serves get nothing, either.
 * @returns why the request is refused, as a sentence for whoever sent it; `undefined` if it is answered
 */
export function refusalOfOtherPages(request: Received): string | undefined {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`.toLowerCase()) return OTHER_PAGE;
  // `none`: somebody has typed the address, which shows the state and changes nothing.
  if (site !== undefined && site !== 'same-origin' && !(isReading && site === 'none')) return OTHER_PAGE;
  if (isReading || origin !== undefined || site !== undefined) return undefined;
  return isJson(request)
    ? undefined
    : 'A program has to send Content-Type: application/json here, which no page can unasked.';
}

const OTHER_PAGE = 'Only the page that is served here gets an answer from this path.';

/**
 * Old browsers (Firefox before 70, for instance) send forms without `Origin` and `Sec-Fetch-Site`, like a program. But no browser
 * sends this type to another origin without a preflight, and that is refused here.
 */
function isJson({ headers }: Received): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}
