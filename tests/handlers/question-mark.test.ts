// Keys with a question mark, behind a gateway that cuts a path there once it has decoded it: what is stored under which key.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ArtifactNode, type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { handlersByRoute } from '../support/handlers-by-route.ts';
import { withoutHurry } from '../support/unhurried.ts';

withoutHurry();

let nodes: ArtifactPair;
let cutting: Gateway;
let whole: Gateway;
beforeAll(async () => {
  nodes = await artifactPair();
  cutting = await gatewayOf(nodes.primary, true);
  whole = await gatewayOf(nodes.primary, false);
});
afterAll(async () => {
  for (const each of [cutting, whole, nodes]) await each?.close();
});

/** In front of a node, with the routes of serverless.yml. */
async function gatewayOf(node: ArtifactNode, cutsPaths: boolean): Promise<Gateway> {
  const routes = [...(await handlersByRoute()).keys()].filter((route) => route !== '*');
  return startGateway(
    routes,
    async (_, { requestContext, rawPath, headers, body, queryStringParameters: query }) => {
      const { status, text, ...answer } = await node.call(requestContext.http.method, rawPath, {
        headers: headers as Record<string, string>,
        ...(query && { query: query as Record<string, string> }),
        ...(body !== undefined && { body }),
      });
      return { statusCode: status, headers: answer.headers, body: text };
    },
    { cutsPaths },
  );
}

async function ask({ url }: Gateway, method: string, path: string, value?: unknown) {
  const answer = await fetch(url + path, {
    method,
    ...(value !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ value }) }),
  });
  return { status: answer.status, body: (await answer.json()) as object };
}

test('a key with a question mark is stored under what comes before it, and the answer names that key', async () => {
  const written = await ask(cutting, 'PUT', '/key/page%3Fid=1', 'first');
  expect(written).toMatchObject({ status: 201, body: { key: 'page', version: 1 } });
  for (const node of [nodes.primary, nodes.replica]) {
    expect(await node.call('GET', '/key/page')).toMatchObject({ status: 200, body: { value: 'first' } });
    expect((await node.call('GET', '/key/page?id=1')).status).toBe(404);
  }
});

test('so keys that differ after the question mark are one key: they overwrite, read and delete each other', async () => {
  await ask(cutting, 'PUT', '/key/shared%3Fa', 'a');
  expect(await ask(cutting, 'PUT', '/key/shared%3Fb', 'b')).toMatchObject({ status: 200, body: { version: 2 } });
  expect(await ask(cutting, 'GET', '/key/shared%3Fa')).toMatchObject({ body: { key: 'shared', value: 'b' } });
  expect(await ask(cutting, 'GET', '/status/shared%3Fc')).toMatchObject({ body: { key: 'shared', version: 2 } });
  expect((await ask(cutting, 'DELETE', '/key/shared%3Fd')).status).toBe(200);
  expect((await ask(cutting, 'GET', '/key/shared')).status).toBe(404);
});

test('a key that begins with a question mark cannot be named at all', async () => {
  for (const method of ['GET', 'PUT', 'DELETE'])
    expect((await ask(cutting, method, '/key/%3Fa', method === 'PUT' ? 1 : undefined)).status).not.toBeLessThan(400);
});

test('a query is not taken for a part of the key, nor a part of the key for a query', async () => {
  await ask(cutting, 'PUT', '/key/query%3Fwait=5', 1);
  expect(await ask(cutting, 'GET', '/key/query%3Fat_least=x')).toMatchObject({ status: 200 });
  expect(await ask(cutting, 'GET', '/key/query?at_least=x')).toMatchObject({ status: 400 });
});

test('a gateway that cuts nothing stores it under its own name', async () => {
  expect(await ask(whole, 'PUT', '/key/own%3Fname', 1)).toMatchObject({ status: 201, body: { key: 'own?name' } });
  expect((await nodes.replica.call('GET', '/key/own?name')).status).toBe(200);
  expect((await nodes.primary.call('GET', '/key/own')).status).toBe(404);
});
