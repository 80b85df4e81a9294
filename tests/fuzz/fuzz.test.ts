// A short run with a fixed seed, which finds nothing; and nodes with a bug, each of which a run finds, and shows the request.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { copyArtifact } from '../support/built.ts';
import type { Disguise } from './pair.ts';
import { fuzz } from './run.ts';

let artifact: string;
beforeAll(async () => {
  artifact = await mkdtemp(join(tmpdir(), 'tandem-fuzz-'));
  await copyArtifact(artifact);
});
afterAll(() => rm(artifact, { recursive: true }));

const SEED = 1;

test('P4 P8 nothing that is made up makes an answer other than it must be, or the nodes differ', async () => {
  const { findings, statuses } = await fuzz({ artifact, seed: SEED, requests: 300 });
  if (findings.length > 0) throw new Error([...findings, `npm run fuzz -- --requests 300 --seed ${SEED}`].join('\n\n'));
  // It gets further than to the first check.
  for (const status of [200, 201, 400, 404, 405, 412, 421, 422, 503])
    expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
});

type Result = APIGatewayProxyStructuredResultV2;
type Query = Readonly<Record<string, string | undefined>>;

const withBody = (result: Result, change: (body: Record<string, unknown>) => object): Result =>
  result.body ? { ...result, body: JSON.stringify(change(JSON.parse(result.body))) } : result;

/** Each changes the answers of a route; what a run must say of it. */
const BUGS: Readonly<Record<string, [change: (result: Result, query: Query) => Result, finding: RegExp]>> = {
  'GET /healthz': [(result) => ({ ...result, body: '<html>' }), /the body is no JSON: <html>/],
  'HEAD /keys': [(result) => ({ ...result, statusCode: 500 }), /it is a 500/],
  'DELETE /faults': [(result) => ({ ...result, statusCode: 503 }), /a 503 without Retry-After/],
  'GET /keys': [
    (result) => withBody(result, (body) => ({ ...body, secret: 1 })),
    /not as described: data must NOT have additional properties/,
  ],
  'GET /divergent': [
    (result, { cursor }) => withBody(result, (body) => ({ ...body, detail: `There is no ${cursor}.` })),
    /detail repeats what was sent: There is no x+\n {2}\w+: GET \/divergent\?.*cursor=x+/,
  ],
  'GET /backlog': [
    () => {
      throw new Error('planted');
    },
    /the function failed: Error: planted/,
  ],
};

test('P8 it finds nodes with a bug, and shows the request', async () => {
  const disguise: Disguise = (invoke) => async (routeKey, event) => {
    const result = await invoke(routeKey, event);
    const [change] = BUGS[routeKey] ?? [];
    return change ? change(result, event.queryStringParameters ?? {}) : result;
  };
  const { findings } = await fuzz({ artifact, seed: SEED, requests: 400, disguise });
  for (const [, finding] of Object.values(BUGS)) expect(findings).toContainEqual(expect.stringMatching(finding));
});
