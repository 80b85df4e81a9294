// Finds the route of a request among those that serverless.yml names.
import { DEFAULT_ROUTE } from './routes.ts';

export interface Match {
  readonly routeKey: string;
  /** What the parameter takes, as it is in the path. */
  readonly parameter?: { readonly name: string; readonly text: string };
}

export type Router = (method: string, path: string) => Match;

interface Parameterised {
  readonly routeKey: string;
  /** The method and the path before the parameter, such as `GET /key/`. */
  readonly prefix: string;
  readonly name: string;
  /** Whether it takes slashes, too. */
  readonly isGreedy: boolean;
}

const DEFAULT: Match = { routeKey: DEFAULT_ROUTE };

/** A whole path goes before one with a parameter at its end, and that before everything else. */
export function createRouter(routes: Iterable<string>): Router {
  const exact = new Map<string, Match>();
  const others: Parameterised[] = [];
  for (const routeKey of routes) {
    const [, prefix, name, plus] = /^(\w+ .*)\{(\w+)(\+?)\}$/.exec(routeKey) ?? [];
    if (prefix === undefined || name === undefined) exact.set(routeKey, { routeKey });
    else others.push({ routeKey, prefix, name, isGreedy: plus === '+' });
  }
  return (method, path) => {
    const line = `${method} ${path}`;
    const found = exact.get(line);
    if (found) return found;
    for (const { routeKey, prefix, name, isGreedy } of others) {
      if (line.length === prefix.length || !line.startsWith(prefix)) continue;
      const text = line.slice(prefix.length);
      if (isGreedy || !text.includes('/')) return { routeKey, parameter: { name, text } };
    }
    return DEFAULT;
  };
}
