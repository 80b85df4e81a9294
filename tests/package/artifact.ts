// The artifact at work: unzipped into an empty folder, each function in Node processes under AWS's own runtime client, with the
// environment and the rights that the template gives it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Deployment, deploy, TOKENS } from '../support/deployment.ts';
import type { Packages } from '../support/package.ts';
import { steadyHeaders } from '../support/requests.ts';
import { resourcesOf, stackOf } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { testFrozen } from './frozen.ts';

/** In the shape in which API Gateway and EventBridge send them; put together by hand, with made-up names and numbers. */
const EVENTS = join(import.meta.dirname, 'events');

/** What comes of each event, in this order, at the node that leads and at the other one. */
const ANSWERS: ReadonlyArray<readonly [event: string, onLeader: number, onReplica: number]> = [
  ['handshake', 200, 200],
  ['put-key', 201, 421],
  ['replicate', 409, 200],
  // A replica tells of what it does not hold once a comparison got through.
  ['repair', 200, 421],
  ['patch-key', 200, 421],
  ['batch', 200, 200],
  // DynamoDB keeps no order of changes.
  ['changes', 404, 404],
  ['get-key', 200, 200],
  ['key-status', 200, 200],
  ['list-keys', 200, 200],
  ['node-status', 200, 200],
  ['backlog', 200, 421],
  ['divergent', 200, 200],
  ['acknowledge-all', 200, 421],
  ['acknowledge-key', 404, 421],
  ['digest', 200, 200],
  ['digest-question', 200, 200],
  ['get-faults', 404, 404],
  ['put-faults', 404, 404],
  ['post-faults', 404, 404],
  ['delete-faults', 404, 404],
  ['delete-fault', 404, 404],
  ['get-events', 404, 404],
  ['health', 200, 200],
  ['openapi', 200, 200],
  ['no-such-route', 404, 404],
  ['delete-key', 200, 421],
  // The replica is granted the lead, and grants it back.
  ['switchover', 200, 200],
  // In the end it has it.
  ['promote', 200, 200],
];

/** Any write may be the one that begins to heal; and any message the one from which a node hears that another one leads. */
const KINDS = [
  ['put', 'patch', 'batch', 'delete', 'acknowledge', 'repair', 'scheduled-repair', 'switchover'],
  ['handshake', 'replicate', 'digest', 'node-status', 'promote'],
];
/** A write is answered although a repair that it has begun goes on; the process may sleep then, for longer than its limits. */
const INTERRUPTED = /"message":"a repair failed".*"(The store does not answer|replica [^"]*)/;
/** How long a process believes in its role, and a little more, in milliseconds. */
const BELIEF_MS = 1100;

type Stage = 'primary' | 'replica';

/** @param known what no file can know: the contents ids of the node that it is for and of the other one, and the epoch */
async function eventNamed(name: string, known: { id?: string; other?: string; epoch?: number } = {}) {
  const { id = '', other = '', epoch = 0 } = known;
  const text = await readFile(join(EVENTS, `${name}.json`), 'utf8');
  return JSON.parse(text.replace('{own}', id).replace('{other}', other).replace('{epoch}', `${epoch}`));
}

interface NodeStatus {
  readonly id: string;
  readonly role: Stage;
  readonly epoch?: number | null;
  readonly inSync?: boolean;
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

    const get = (stage: Stage, path: string, method = 'GET') =>
      fetch(nodes[stage].gateway.url + path, { method, headers: { authorization: `Bearer ${TOKENS.read}` } });
    const statusOf = async (stage: Stage) => (await (await get(stage, '/status')).json()) as NodeStatus;

    /** Sends an event to a node, under the contents ids and the epoch that there are. */
    async function send(stage: Stage, name: string) {
      const [own, other] = [await statusOf(stage), await statusOf(stage === 'primary' ? 'replica' : 'primary')];
      const epoch = (own.role === 'primary' ? own.epoch : other.epoch) ?? 0;
      return nodes[stage].send(await eventNamed(name, { id: own.id, other: other.id, epoch }));
    }

    /** Until this stage leads, the other one does not, and all their processes know it. */
    async function untilLeads(leader: Stage, follower: Stage): Promise<void> {
      await until(
        async () => (await statusOf(leader)).role === 'primary' && (await statusOf(follower)).role === 'replica',
      );
      const since = Date.now();
      await until(() => Date.now() - since > BELIEF_MS);
    }

    describe.each<[Stage, Stage]>([
      ['primary', 'replica'],
      ['replica', 'primary'],
    ])('while the %s leads', (leader, follower) => {
      beforeAll(() => untilLeads(leader, follower));

      test.each(ANSWERS)('answers %s with %i there, %i on the other stage', async (name, onLeader, onReplica) => {
        const there = await send(leader, name);
        expect([there.statusCode, there.body]).toEqual([onLeader, expect.any(String)]);
        if (name === 'switchover') await untilLeads(follower, leader);
        const here = await send(follower, name);
        expect([here.statusCode, here.body]).toEqual([onReplica, expect.any(String)]);
        if (name === 'switchover') await untilLeads(leader, follower);
      });

      test('the scheduled repair brings the nodes in sync, and tells each what the other owes', async () => {
        // Since the last event it is the other stage that leads.
        await untilLeads(follower, leader);
        for (const stage of [leader, follower])
          await nodes[stage].functions.get('scheduled-repair')?.invoke(await eventNamed('schedule'));
        expect(await statusOf(follower)).toMatchObject({ inSync: true, backlog: { count: 0 } });
      });
    });

    test.each(['primary', 'replica'] as const)(
      'the %s answers for records and for what it owes, too',
      async (stage) => {
        const { id } = await statusOf(stage);
        const event = await eventNamed('digest-question', { id });
        const ask = async (question: object) => {
          const body = JSON.stringify({ ...JSON.parse(event.body), groups: undefined, ...question });
          return JSON.parse((await nodes[stage].send({ ...event, body })).body ?? '');
        };
        expect(await ask({ keys: ['from the primary'] })).toMatchObject({
          asked: 1,
          records: [{ key: 'from the primary' }],
        });
        expect(await ask({ owedAfter: null })).toMatchObject({ stamps: [] });
      },
    );

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
      '/divergent',
      '/faults',
      '/events',
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
      expect(await statusOf('primary')).toMatchObject({ backlog: { count: 0 }, inSync: true, store: 'dynamodb' });
    });

    test('P9 a failover lists what it has superseded, on both stages, until it is acknowledged', async () => {
      const { primary, replica } = nodes;
      for (const { gateway } of [primary, replica]) await gateway.close();
      const write = await eventNamed('put-key');
      const promote = await eventNamed('promote');
      expect((await primary.send(write)).statusCode).toBe(202);
      expect((await replica.send({ ...promote, body: '{"force":true}' })).statusCode).toBe(200);
      await until(async () => (await replica.send(write)).statusCode === 202);
      for (const { gateway } of [primary, replica]) await gateway.open();
      await untilLeads('replica', 'primary');
      const listed = async (stage: Stage) => (await get(stage, '/divergent')).json();
      await until(async () => {
        for (const stage of ['replica', 'primary'] as const)
          await nodes[stage].functions.get('scheduled-repair')?.invoke(await eventNamed('schedule'));
        return (await statusOf('replica')).inSync;
      });
      const { key } = write.pathParameters;
      for (const stage of ['primary', 'replica'] as const)
        expect(await listed(stage)).toMatchObject({ writes: [{ key, value: 'hello' }], complete: true });
      const { body } = await send('replica', 'acknowledge-key');
      expect(JSON.parse(body ?? '')).toEqual({ acknowledged: 1, complete: true });
      for (const stage of ['primary', 'replica'] as const) expect(await listed(stage)).toMatchObject({ writes: [] });
      expect((await send('primary', 'promote')).statusCode).toBe(200);
      await untilLeads('primary', 'replica');
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

    testFrozen(() => nodes);

    test('no function has asked for what its role does not allow', () => {
      expect(nodes.aws.denied).toEqual([]);
    });

    test('no role allows anything that no function of its kind has used', () => {
      const { allowed } = nodes.aws;
      for (const stage of ['primary', 'replica'] as const) {
        for (const { name, allows } of stackOf(packages[stage]).functions) {
          const kind = KINDS.find((names) => names.includes(name)) ?? [name];
          const unused = allows
            .map(({ action, resource }) => `${action} ${resource}`)
            .filter((right) => /^(dynamodb|ssm):/.test(right))
            .filter((right) => !kind.some((each) => allowed.has(`tandem-${stage}-${each} ${right}`)));
          expect({ stage, name, unused }).toEqual({ stage, name, unused: [] });
        }
      }
    });

    test.each(['primary', 'replica'] as const)('what alarms of Tandem watch on the %s, its functions emit', (stage) => {
      const watched = resourcesOf(packages[stage].template, 'AWS::CloudWatch::Alarm')
        .map(([, { Properties }]) => Properties)
        .filter(({ Namespace }) => Namespace === 'Tandem')
        .map(({ MetricName, Dimensions }) => `${MetricName} of ${Dimensions[0].Name} ${Dimensions[0].Value}`);
      expect(watched).not.toEqual([]);
      const lines = [...nodes[stage].functions.values()].flatMap((each) => each.output().split('\n'));
      const emitted = lines.filter((line) => line.includes('"Namespace":"Tandem"')).flatMap(metricsIn);
      expect(emitted).toEqual(expect.arrayContaining(watched));
    });

    test('no function has logged an error, but for repairs that a sleep has interrupted: the next one does what they left', () => {
      for (const stage of ['primary', 'replica'] as const) {
        for (const [name, each] of nodes[stage].functions) {
          const errors = each.output().match(/^.*"level":"(error|ERROR)".*$/gm) ?? [];
          expect({ name, errors: errors.filter((line) => !INTERRUPTED.test(line)) }).toEqual({ name, errors: [] });
        }
      }
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
