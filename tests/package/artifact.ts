// The artifact at work: unzipped into an empty folder, each function in a fresh Node process with the environment and
// the rights that the template gives it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Deployment, deploy, TOKENS } from '../support/deployment.ts';
import type { Packages } from '../support/package.ts';
import { steadyHeaders } from '../support/requests.ts';
import { resourcesOf, stackOf } from '../support/stack.ts';

/** In the shape in which API Gateway and EventBridge send them; put together by hand, with made-up names and numbers. */
const EVENTS = join(import.meta.dirname, 'events');

/** In this order: what is sent before a node has written is of an older epoch. */
const ANSWERS: ReadonlyArray<readonly [event: string, onPrimary: number, onReplica: number]> = [
  ['handshake', 200, 200],
  ['replicate', 421, 200],
  ['put-key', 201, 421],
  // A replica tells of what it does not hold once a comparison got through.
  ['repair', 200, 421],
  ['get-key', 200, 200],
  ['key-status', 200, 200],
  ['list-keys', 200, 200],
  ['node-status', 200, 200],
  ['backlog', 200, 421],
  ['promote', 200, 421],
  ['digest', 200, 200],
  ['digest-question', 200, 200],
  ['get-faults', 404, 404],
  ['put-faults', 404, 404],
  ['delete-faults', 404, 404],
  ['health', 200, 200],
  ['openapi', 200, 200],
  ['no-such-route', 404, 404],
  ['delete-key', 200, 421],
];

const HEALING = ['put', 'delete', 'repair', 'scheduled-repair', 'promote'];

/** @param id contents id of the node that it is for, which no file can know */
async function eventNamed(name: string, id = '') {
  return JSON.parse((await readFile(join(EVENTS, `${name}.json`), 'utf8')).replace('{id}', id));
}

export function testArtifact(packages: Packages): void {
  describe('the artifact', () => {
    let nodes: Deployment;
    beforeAll(async () => {
      nodes = await deploy(packages);
    });
    afterAll(() => nodes.stop());

    describe.each(['primary', 'replica'] as const)('on the %s', (stage) => {
      const { functions } = stackOf(packages[stage]);

      test.each(functions.map(({ name }) => name))('%s loads in a fresh process', async (name) => {
        await nodes[stage].functions.get(name)?.load();
      });
    });

    test('there is an event for every route, but for HEAD', async () => {
      const names = (await readdir(EVENTS)).map((file) => file.replace('.json', ''));
      expect(names.filter((name) => name !== 'schedule').sort()).toEqual(ANSWERS.map(([name]) => name).sort());
      const routes = await Promise.all(ANSWERS.map(async ([name]) => (await eventNamed(name)).routeKey));
      for (const stage of ['primary', 'replica'] as const) {
        const others = [...stackOf(packages[stage]).routes.keys()].filter((route) => !route.startsWith('HEAD '));
        expect(others.sort()).toEqual(routes.sort());
      }
    });

    const get = (stage: 'primary' | 'replica', path: string, method = 'GET') =>
      fetch(nodes[stage].gateway.url + path, { method, headers: { authorization: `Bearer ${TOKENS.read}` } });

    /** Sends an event to a node, under the contents id that this node has. */
    async function send(stage: 'primary' | 'replica', name: string) {
      const { id } = (await (await get(stage, '/status')).json()) as { id: string };
      return nodes[stage].send(await eventNamed(name, id));
    }

    test.each(ANSWERS)('answers %s with %i on the primary, %i on the replica', async (name, onPrimary, onReplica) => {
      const [primary, replica] = [await send('primary', name), await send('replica', name)];
      expect([primary.statusCode, primary.body]).toEqual([onPrimary, expect.any(String)]);
      expect([replica.statusCode, replica.body]).toEqual([onReplica, expect.any(String)]);
    });

    test.each(['primary', 'replica'] as const)('the %s answers for the records of keys, too', async (stage) => {
      const { id } = (await (await get(stage, '/status')).json()) as { id: string };
      const event = await eventNamed('digest-question', id);
      const body = JSON.stringify({ ...JSON.parse(event.body), groups: undefined, keys: ['from the primary'] });
      const answer = await nodes[stage].send({ ...event, body });
      expect(JSON.parse(answer.body ?? '')).toMatchObject({ asked: 1, records: [{ key: 'from the primary' }] });
    });

    const put = (key: string, value: unknown, token = TOKENS.write) =>
      fetch(`${nodes.primary.gateway.url}/key/${encodeURIComponent(key)}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ value }),
      });
    test('a write is on the replica when it says so, over HTTP', async () => {
      const written = await put('é/ü', 'hello');
      expect([written.status, await written.json()]).toEqual([201, expect.objectContaining({ status: 'replicated' })]);
      const copy = await get('replica', '/key/%C3%A9%2F%C3%BC');
      expect([copy.status, await copy.json()]).toEqual([200, expect.objectContaining({ key: 'é/ü', value: 'hello' })]);
    });

    test.each([
      '/key/é/ü',
      '/key/none',
      '/keys',
      '/status/é/ü',
      '/status',
      '/backlog',
      '/faults',
      '/healthz',
      '/openapi.json',
    ])('HEAD %s has the status and the headers of GET, and no body, on both nodes', async (path) => {
      for (const stage of ['primary', 'replica'] as const) {
        const [whole, head] = [await get(stage, path), await get(stage, path, 'HEAD')];
        expect([head.status, steadyHeaders(head)]).toEqual([whole.status, steadyHeaders(whole)]);
        expect(await head.text()).toBe('');
      }
    });

    test('the replica names the URL of the primary, which it has found in the other region', async () => {
      const { url } = nodes.replica.gateway;
      const refused = await fetch(`${url}/key/a`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.write}` },
        body: '{"value":1}',
      });
      expect([refused.status, await refused.json()]).toEqual([
        421,
        expect.objectContaining({ code: 'not_primary', primary: nodes.primary.gateway.url }),
      ]);
    });

    test('what the replica has missed, the scheduled repair brings', async () => {
      await nodes.replica.gateway.close();
      const missed = await put('missed', 1);
      expect([missed.status, await missed.json()]).toEqual([
        202,
        expect.objectContaining({ status: 'replication_failed' }),
      ]);
      await nodes.replica.gateway.open();
      await nodes.primary.functions.get('scheduled-repair')?.invoke(await eventNamed('schedule'));
      expect((await get('replica', '/key/missed')).status).toBe(200);
      const status = await (await get('primary', '/status')).json();
      expect(status).toMatchObject({ backlog: { count: 0 }, inSync: true, store: 'dynamodb' });
    });

    test.each([
      ['GET', '/key/a', '', 401],
      ['GET', '/key/a', TOKENS.peer, 403],
      ['HEAD', '/key/a', '', 401],
      ['HEAD', '/key/a', TOKENS.peer, 403],
      ['PUT', '/key/a', TOKENS.read, 403],
      ['GET', '/digest', TOKENS.write, 403],
      ['POST', '/replicate', '', 401],
    ])('%s %s with the token "%s" is %i on both nodes', async (method, path, token, status) => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const body = ['GET', 'HEAD'].includes(method) ? null : '{}';
      const urls = [nodes.primary.gateway.url, nodes.replica.gateway.url];
      const answers = await Promise.all(urls.map((url) => fetch(url + path, { method, headers, body })));
      expect(answers.map((answer) => answer.status)).toEqual([status, status]);
    });

    test('no function has asked for what its role does not allow', () => {
      expect(nodes.aws.denied).toEqual([]);
    });

    test('no role allows anything that no function of its kind has used', () => {
      const { allowed } = nodes.aws;
      for (const stage of ['primary', 'replica'] as const) {
        for (const { name, allows } of stackOf(packages[stage]).functions) {
          // Any write may be the one that begins to heal.
          const kind = HEALING.includes(name) && stage === 'primary' ? HEALING : [name];
          const unused = allows
            .map(({ action, resource }) => `${action} ${resource}`)
            .filter((right) => /^(dynamodb|ssm):/.test(right))
            .filter((right) => !kind.some((each) => allowed.has(`tandem-${stage}-${each} ${right}`)));
          expect({ stage, name, unused }).toEqual({ stage, name, unused: [] });
        }
      }
    });

    test('what alarms of Tandem watch, the functions emit', () => {
      const watched = resourcesOf(packages.primary.template, 'AWS::CloudWatch::Alarm')
        .map(([, { Properties }]) => Properties)
        .filter(({ Namespace }) => Namespace === 'Tandem')
        .map(({ MetricName, Dimensions }) => `${MetricName} of ${Dimensions[0].Name} ${Dimensions[0].Value}`);
      expect(watched).not.toEqual([]);
      const lines = [...nodes.primary.functions.values()].flatMap((each) => each.output().split('\n'));
      const emitted = lines.filter((line) => line.includes('"Namespace":"Tandem"')).flatMap(metricsIn);
      expect(emitted).toEqual(expect.arrayContaining(watched));
    });

    test('no function has logged an error', () => {
      for (const stage of ['primary', 'replica'] as const)
        for (const [name, each] of nodes[stage].functions)
          expect({ name, errors: each.output().match(/^.*"level":"(error|ERROR)".*$/gm) }).toEqual({
            name,
            errors: null,
          });
    });
  });
}

/** In a line in CloudWatch's embedded metric format. */
function metricsIn(line: string): string[] {
  const values = JSON.parse(line);
  const [{ Dimensions, Metrics }] = values._aws.CloudWatchMetrics;
  const [[dimension]] = Dimensions;
  return Metrics.map(({ Name }: { Name: string }) => `${Name} of ${dimension} ${values[dimension]}`);
}
