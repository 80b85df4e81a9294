// Every route, as the gateway knows it. `tests/unit/http/routes.test.ts` compares them with serverless.yml and OpenAPI.

export const ROUTES = [
  'GET /key/{key+}',
  'HEAD /key/{key+}',
  'PUT /key/{key+}',
  'PATCH /key/{key+}',
  'DELETE /key/{key+}',
  'POST /batch',
  'GET /keys',
  'HEAD /keys',
  'GET /changes',
  'HEAD /changes',
  'GET /status/{key+}',
  'HEAD /status/{key+}',
  'GET /status',
  'HEAD /status',
  'GET /backlog',
  'HEAD /backlog',
  'GET /divergent',
  'HEAD /divergent',
  'DELETE /divergent',
  'DELETE /divergent/{key+}',
  'POST /handshake',
  'POST /replicate',
  'GET /digest',
  'POST /digest',
  'POST /repair',
  'POST /promote',
  'POST /switchover',
  'GET /faults',
  'HEAD /faults',
  'PUT /faults',
  'POST /faults',
  'DELETE /faults',
  'DELETE /faults/{id}',
  'GET /events',
  'HEAD /events',
  'GET /healthz',
  'HEAD /healthz',
  'GET /openapi.json',
  'HEAD /openapi.json',
] as const;

/** The methods that a path takes; none if there is no such path. */
export function methodsOf(path: string): string[] {
  return ROUTES.map((route) => route.split(' ') as [string, string])
    .filter(([, pattern]) => matches(pattern, path))
    .map(([method]) => method);
}

/** The route that a request took, with nothing of its path. @param routeKey as the gateway names it */
export function routeOf(routeKey: string, { method, path }: { method: string; path: string }): string {
  if (KNOWN.has(routeKey)) return routeKey;
  const patterns = ROUTES.map((route) => route.slice(route.indexOf(' ') + 1));
  return `${method} ${patterns.find((pattern) => matches(pattern, path)) ?? '*'}`;
}

const KNOWN: ReadonlySet<string> = new Set(ROUTES);

function matches(pattern: string, path: string): boolean {
  const [, prefix, isGreedy] = /^(.*)\{\w+(\+?)\}$/.exec(pattern) ?? [];
  if (prefix === undefined) return path === pattern;
  const isBelow = path.startsWith(prefix) && path.length > prefix.length;
  return isBelow && (isGreedy === '+' || !path.includes('/', prefix.length));
}
