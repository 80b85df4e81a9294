// serverless.yml, the OpenAPI document and the table of routes say the same.
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { load } from 'js-yaml';
import { openApiDocument } from '../../../lib/http/openapi.ts';
import { methodsOf, ROUTES, routeOf } from '../../../lib/http/routes.ts';

test('serverless.yml', async () => {
  const { functions } = load(await readFile('serverless.yml', 'utf8')) as {
    functions: Record<string, { events: Array<{ httpApi?: string }> }>;
  };
  const routes = Object.values(functions).flatMap(({ events }) => events.map(({ httpApi }) => httpApi));
  expect(routes.filter((route) => route !== undefined && route !== '*').sort()).toEqual([...ROUTES].sort());
  expect(routes).toContain('*');
});

test('pages of browsers may use each method that a route has', async () => {
  const { provider } = load(await readFile('serverless.yml', 'utf8')) as {
    provider: { httpApi: { cors: { allowedMethods: string[] } } };
  };
  const methods = new Set(ROUTES.map((route) => route.split(' ')[0]));
  expect(provider.httpApi.cors.allowedMethods.sort()).toEqual([...methods].sort());
});

test('the OpenAPI document, which is valid', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(openApiDocument()));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  const paths = openApiDocument().paths as Record<string, Record<string, unknown>>;
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((name) => name !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path.replace('{key}', '{key+}')}`),
  );
  expect(described.sort()).toEqual([...ROUTES].sort());
});

test('the methods of a path', () => {
  expect(methodsOf('/key/a/b')).toEqual(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']);
  expect(methodsOf('/keys')).toEqual(['GET', 'HEAD']);
  expect(methodsOf('/status')).toEqual(['GET', 'HEAD']);
  expect(methodsOf('/divergent')).toEqual(['GET', 'HEAD', 'DELETE']);
  expect(methodsOf('/divergent/a/b')).toEqual(['DELETE']);
  expect(methodsOf('/faults')).toEqual(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);
  expect(methodsOf('/faults/a')).toEqual(['DELETE']);
  expect(methodsOf('/faults/a/b')).toEqual([]);
  expect(methodsOf('/key')).toEqual([]);
  expect(methodsOf('/key/')).toEqual([]);
  expect(methodsOf('/keys/a')).toEqual([]);
});

test('HEAD is beside each GET that is for clients, and answers the same without a body', () => {
  const gets = ROUTES.filter((route) => route.startsWith('GET ') && route !== 'GET /digest');
  const heads = ROUTES.filter((route) => route.startsWith('HEAD '));
  expect(heads).toEqual(gets.map((route) => route.replace('GET', 'HEAD')));
  const { paths } = openApiDocument() as { paths: Record<string, Record<'get' | 'head', { responses: object }>> };
  for (const { get, head } of Object.values(paths).filter(({ head }) => head)) {
    expect(Object.keys(head.responses)).toEqual(Object.keys(get.responses));
    expect(JSON.stringify(head.responses)).not.toContain('content');
  }
});

test('a route has nothing of the path', () => {
  expect(routeOf('PUT /key/{key+}', { method: 'PUT', path: '/key/hush' })).toBe('PUT /key/{key+}');
  expect(routeOf('$default', { method: 'POST', path: '/key/hush' })).toBe('POST /key/{key+}');
  expect(routeOf('$default', { method: 'GET', path: '/keys' })).toBe('GET /keys');
  expect(routeOf('$default', { method: 'PUT', path: '/divergent/hush' })).toBe('PUT /divergent/{key+}');
  expect(routeOf('$default', { method: 'PUT', path: '/faults/hush' })).toBe('PUT /faults/{id}');
  expect(routeOf('GET /hush', { method: 'GET', path: '/hush' })).toBe('GET *');
});
