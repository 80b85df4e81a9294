// What becomes of functions whose processes stand still between two calls, several of each at once: connections that died meanwhile,
// rejections after the answer, initialisations that fail.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { tableDefinition } from '../../scripts/table.ts';
import { type Deployment, TOKENS } from '../support/deployment.ts';
import { startDynamoDb } from '../support/dynamodb.ts';
import { eventOf } from '../support/events.ts';
import { type LambdaFunction, type LambdaOptions, lambdaFunction } from '../support/lambda.ts';
import type { Stage } from '../support/package.ts';
import { until } from '../support/until.ts';

const STAGES: readonly Stage[] = ['primary', 'replica'];

/** @param nodes of which the stage `primary` leads */
export function testFrozen(nodes: () => Deployment): void {
  /** Calls the function as the gateway does. */
  const call = async (stage: Stage, method: 'GET' | 'PUT', key: string, body?: object) => {
    const headers = { authorization: `Bearer ${TOKENS.write}` };
    const event = eventOf(method, `/key/${key}`, { headers, ...(body && { body }) });
    const { statusCode = 0, body: answer = '' } = await nodes()[stage].send({
      ...event,
      routeKey: `${method} /key/{key+}`,
    });
    return { status: statusCode, body: JSON.parse(answer) };
  };
  const put = (key: string, value: unknown) => call('primary', 'PUT', key, { value });
  const read = async (stage: Stage, key: string) => (await call(stage, 'GET', key)).body;

  describe('processes that stand still between two calls', () => {
    let made: LambdaFunction[] = [];
    afterEach(async () => {
      await Promise.all(made.map((each) => each.stop()));
      made = [];
    });
    function functionOf(options: LambdaOptions): LambdaFunction {
      const each = lambdaFunction(options);
      made.push(each);
      return each;
    }

    test('writes at the same moment, of one key and of several, are all done, whichever process has them', async () => {
      const written = await Promise.all(
        ['one', 'one', 'one', 'one', 'two', 'three'].map((key, value) => put(`at-once/${key}`, value)),
      );
      expect(written.map(({ status }) => status).filter((status) => status !== 200 && status !== 201)).toEqual([]);
      const versions = written.slice(0, 4).map(({ body }): number => body.version);
      expect(versions.toSorted()).toEqual([1, 2, 3, 4]);
      const last = versions.indexOf(4);
      for (const stage of STAGES) expect(await read(stage, 'at-once/one')).toMatchObject({ value: last, version: 4 });
    });

    test('P1 connections that died meanwhile are replaced: a write is done once, and is on the replica', async () => {
      await put('severed', 0);
      // Two of each function on the stage that leads: both find all their connections dead.
      for (const value of [1, 2]) {
        nodes().aws.sever();
        for (const stage of STAGES) nodes()[stage].gateway.sever();
        expect(await put('severed', value)).toMatchObject({
          status: 200,
          body: { status: 'replicated', version: 1 + value },
        });
      }
      nodes().aws.sever();
      for (const stage of STAGES) expect(await read(stage, 'severed')).toMatchObject({ value: 2, version: 3 });
    });

    test('P6 a replica that never answered leaves nothing behind that ends a process when it wakes up', async () => {
      nodes().replica.gateway.mute(true);
      for (const value of [1, 2]) expect((await put('unanswered', value)).status).toBe(202);
      nodes().replica.gateway.mute(false);
      await until(async () => (await put('unanswered', 3)).body.status === 'replicated');
    });

    test('a handler that rejects after its answer ends its process, which is noticed; the next call has another one', async () => {
      const directory = nodes().directory;
      const code = `export const handler = async ({ rejects }) => {
        if (rejects) setTimeout(() => Promise.reject(new Error('after the answer')));
        return { statusCode: 200 };
      };`;
      await writeFile(join(directory, 'handlers/rejecting.mjs'), code);
      const rejecting = functionOf({ name: 'rejecting', handler: 'handlers/rejecting.handler', directory, env: {} });
      expect(await rejecting.invoke({ rejects: true })).toEqual({ statusCode: 200 });
      await until(async () => {
        // It may be this call that finds the process gone.
        await rejecting.invoke({}).catch((error) => expect(error.message).toContain('after the answer'));
        return rejecting.ended > 0;
      });
      expect(rejecting.output()).toContain('after the answer');
      expect(await rejecting.invoke({})).toEqual({ statusCode: 200 });
    });

    test('an initialisation that fails says why at each call, until the table is there: nothing has to be deployed again', async () => {
      const dynamodb = await startDynamoDb();
      try {
        const { accessKeyId, secretAccessKey } = dynamodb.credentials;
        const late = functionOf({
          name: 'late',
          handler: 'handlers/get.handler',
          directory: nodes().directory,
          env: {
            ROLE: 'primary',
            STORE: 'dynamodb',
            TABLE_NAME: 'made-last',
            PEER_URL: 'http://127.0.0.1:1',
            PEER_TOKEN: TOKENS.peer,
            WRITE_TOKEN: TOKENS.write,
            READ_TOKEN: TOKENS.read,
            AWS_REGION: dynamodb.region,
            AWS_ACCESS_KEY_ID: accessKeyId,
            AWS_SECRET_ACCESS_KEY: secretAccessKey,
            AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
          },
        });
        const ask = () =>
          late.invoke(eventOf('GET', '/key/a', { headers: { authorization: `Bearer ${TOKENS.read}` } }));
        for (let i = 0; i < 2; i++)
          await expect(ask()).rejects.toThrow(/ConfigError: TABLE_NAME must be the name of a table that exists/);
        expect(late.ended).toBe(2);
        await dynamodb.client.send(new CreateTableCommand({ ...(await tableDefinition()), TableName: 'made-last' }));
        expect(await ask()).toMatchObject({ statusCode: 404, body: expect.stringContaining('key_not_found') });
      } finally {
        await dynamodb.stop();
      }
    });

    test.each(STAGES)('no process of the %s has ended by itself, and nothing was rejected unseen', (stage) => {
      for (const [name, each] of nodes()[stage].functions) {
        const said = each.output().match(/^.*(unhandled|Invoke Error|Init Error).*$/gim);
        expect({ name, ended: each.ended, said }).toEqual({ name, ended: 0, said: null });
      }
    });
  });
}
