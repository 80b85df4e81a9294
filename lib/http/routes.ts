// Every route, as the gateway knows it. tests/unit/routes.test.ts holds serverless.yml and OpenAPI against it.

export const ROUTES = [
  'GET /key/{key+}',
  'PUT /key/{key+}',
  'DELETE /key/{key+}',
  'GET /keys',
  'GET /status/{key+}',
  'GET /status',
  'POST /replicate',
  'GET /digest',
  'POST /digest',
  'POST /repair',
  'GET /faults',
  'PUT /faults',
  'DELETE /faults',
  'GET /healthz',
  'GET /openapi.json',
] as const;

/** The methods that a path takes; none if there is no such path. */
export function methodsOf(path: string): string[] {
  return ROUTES.map((route) => route.split(' ') as [string, string])
    .filter(([, pattern]) => matches(pattern, path))
    .map(([method]) => method);
}

function matches(pattern: string, path: string): boolean {
  const prefix = pattern.replace('{key+}', '');
  return prefix === pattern ? path === pattern : path.startsWith(prefix) && path.length > prefix.length;
}
