// The target of a request (RFC 9112, 3.2) as an event has it: a path and a query. Whatever is no target of a node is refused.
import { excerpt, TandemError } from '../../lib/errors.ts';

export interface Target {
  /** With its escapes. `.` and `..` are resolved, as every gateway does. */
  readonly path: string;
  /** What stands behind `?`, with its escapes. */
  readonly query: string;
}

/** `/a/./b`, `/a/..`, and the same with escapes: seldom, so that a URL is parsed for these only. */
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|$)/i;

/** @throws TandemError `invalid_request` */
export function targetOf(url: string): Target {
  const relative = url.startsWith('/') ? url : withoutOrigin(url);
  if (relative.includes('#'))
    throw new TandemError('invalid_request', 'The target of a request has no fragment: write # as %23.');
  const mark = relative.indexOf('?');
  const path = mark === -1 ? relative : relative.slice(0, mark);
  const query = mark === -1 ? '' : relative.slice(mark + 1);
  return { path: DOT_SEGMENT.test(path) ? resolved(path) : path, query };
}

/** A target that is a whole URL, as proxies get it. */
function withoutOrigin(url: string): string {
  const [origin] = /^https?:\/\/[^/?#]+/i.exec(url) ?? [];
  if (origin === undefined || !URL.canParse(url))
    throw new TandemError(
      'invalid_request',
      `The target of a request is a path such as /key/foo, or an http URL, not ${excerpt(url, 80)}.`,
    );
  const rest = url.slice(origin.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A backslash is part of a key, which a URL would read as a slash. */
function resolved(path: string): string {
  return new URL(`http://node${path.replaceAll('\\', '%5C')}`).pathname;
}

/**
 * The parameters of a query. One that comes more than once has its values with commas in between.
 * @returns `undefined` when there is none
 * @throws TandemError `invalid_parameter` for escapes that are no UTF-8
 */
export function parametersOf(query: string): Record<string, string> | undefined {
  if (query === '') return undefined;
  const values = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const mark = part.indexOf('=');
    const name = decodeParameter(mark === -1 ? part : part.slice(0, mark));
    const value = mark === -1 ? '' : decodeParameter(part.slice(mark + 1));
    const others = values.get(name);
    if (others) others.push(value);
    else values.set(name, [value]);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.join()]));
}

function decodeParameter(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw new TandemError('invalid_parameter', 'The query is not UTF-8 with %-escapes: encode it as a URL needs it.');
  }
}

/** @throws TandemError `invalid_key` for escapes that are no UTF-8 */
export function decodeKey(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TandemError('invalid_key', 'The path is not UTF-8 with %-escapes: encode the key as a URL needs it.');
  }
}
