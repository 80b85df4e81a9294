// What scripts/serve.ts takes from serverless.yml.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROUTES } from '../../../lib/http/routes.ts';
import { keepRoutes, readRoutes } from '../../../scripts/serve/read-routes.ts';
import { createRouter } from '../../../scripts/serve/router.ts';
import { routesOf } from '../../../scripts/serve/routes.ts';

test('every route has its function, and the scheduled repair runs every minute', async () => {
  const { functions, everyMinute } = await readRoutes();
  expect([...functions.keys()].sort()).toEqual([...ROUTES, '$default'].sort());
  expect(functions.get('PUT /key/{key+}')).toBe('put');
  expect(functions.get('$default')).toBe('fallback');
  expect(everyMinute).toEqual(['scheduled-repair']);
});

test('a schedule that it would not keep is an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-routes-'));
  const file = join(folder, 'serverless.yml');
  await writeFile(
    file,
    'functions: { a: { handler: handlers/a.handler, events: [{ schedule: { rate: [rate(1 hour)] } }] } }',
  );
  await expect(readRoutes(file)).rejects.toThrow('The schedule of a in serverless.yml is not rate(1 minute)');
  await rm(folder, { recursive: true });
});

test.each([
  ['GET', '/keys', 'GET /keys', undefined],
  ['GET', '/key/a/b', 'GET /key/{key+}', { name: 'key', text: 'a/b' }],
  ['GET', '/key/', '$default', undefined],
  ['POST', '/key/a', '$default', undefined],
  ['GET', '/keys/a', '$default', undefined],
  ['DELETE', '/faults', 'DELETE /faults', undefined],
  ['DELETE', '/faults/a', 'DELETE /faults/{id}', { name: 'id', text: 'a' }],
  ['DELETE', '/faults/a/b', '$default', undefined],
  ['DELETE', '/faults/', '$default', undefined],
])('%s %s takes the route %s', (method, path, routeKey, parameter) => {
  expect(createRouter(ROUTES)(method, path)).toEqual({ routeKey, ...(parameter && { parameter }) });
});

test('what is kept beside an artifact says the same', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-routes-'));
  await keepRoutes(folder);
  expect(await routesOf(folder)).toEqual(await readRoutes());
  await rm(folder, { recursive: true });
});
