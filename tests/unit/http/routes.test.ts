// serverless.yml, the OpenAPI document and the table of routes say the same.
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { load } from 'js-yaml';
import { openApiDocument } from '../../../lib/http/openapi/document.ts';
import { ANSWER_EXAMPLES, REQUEST_EXAMPLES } from '../../../lib/http/openapi/examples.ts';
import { methodsOf, ROUTES, routeOf } from '../../../lib/http/routes.ts';
import { schemaErrors } from '../../support/schema.ts';

const ajv = new Ajv2020({ strict: false });

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

test('each operation is about something, and what is sent and answered has examples that fit', () => {
  type Described = { operationId: string; tags: string[]; requestBody?: { content: Record<string, Media> } };
  type Media = { schema: object; example?: unknown };
  const document = openApiDocument('https://kv.example:8443') as {
    servers: object[];
    tags: { name: string }[];
    paths: Record<string, Record<string, Described>>;
  };
  expect(document.servers).toEqual([{ url: 'https://kv.example:8443' }]);
  const operations = Object.values(document.paths)
    .flatMap((item) => Object.values(item))
    .filter((part) => 'operationId' in part);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  const names = document.tags.map(({ name }) => name);
  expect(new Set(operations.flatMap(({ tags }) => tags))).toEqual(new Set(names));
  const shown = operations.flatMap(({ operationId, requestBody }) => {
    const media = requestBody?.content['application/json'];
    if (media?.example === undefined) return [];
    expect(ajv.validate(media.schema, media.example) || ajv.errors).toBe(true);
    return [operationId];
  });
  expect(shown.sort()).toEqual(Object.keys(REQUEST_EXAMPLES).sort());
  for (const [name, example] of Object.entries(ANSWER_EXAMPLES))
    expect([name, schemaErrors(name as keyof typeof ANSWER_EXAMPLES, example)]).toEqual([name, []]);
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
