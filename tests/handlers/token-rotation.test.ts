// How an operator changes a token while both nodes serve: each node's tokens are in Parameter Store, and one step
// changes one parameter of one node, which follows within five minutes. No request is refused at any step.
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { startParameterStore, type TestParameterStore } from '../support/parameter-store.ts';

const ROLES = ['primary', 'replica'] as const;
type Role = (typeof ROLES)[number];
const KINDS = ['peer', 'write', 'read'] as const;
type Kind = (typeof KINDS)[number];
const MAX_AGE_MS = 5 * 60_000;

let nodes: ArtifactPair;
let store: TestParameterStore;
const { now } = Date;
let time = now();

beforeAll(async () => {
  // Both: the clock of a node runs on with elapsed time where that of the machine stands still.
  const elapsed = performance.now();
  jest.spyOn(performance, 'now').mockReturnValue(elapsed);
  Date.now = () => time;
  jest.spyOn(console, 'warn').mockImplementation(() => {});
  store = await startParameterStore();
  for (const role of ROLES) for (const kind of KINDS) store.parameters.set(`/${role}/${kind}`, `${kind}-old`);
  const parameters = (role: Role) => ({
    PEER_TOKEN: '',
    ...Object.fromEntries(KINDS.map((kind) => [`${kind.toUpperCase()}_TOKEN_PARAMETER`, `/${role}/${kind}`])),
  });
  const aws = { AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_SSM: store.url };
  nodes = await artifactPair(aws, { primary: parameters('primary'), replica: parameters('replica') });
});
afterAll(async () => {
  Date.now = now;
  jest.restoreAllMocks();
  await nodes.close();
  await store.stop();
});

/** One step of the operator's, and the time after which it counts. */
function change(role: Role, kind: Kind, tokens: string): void {
  store.parameters.set(`/${role}/${kind}`, tokens);
  time += MAX_AGE_MS;
}
function reset(tokens: string): void {
  for (const role of ROLES) for (const kind of KINDS) change(role, kind, tokens.replaceAll(/\w+/g, `${kind}-$&`));
}
beforeEach(() => reset('old'));

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const statusOf = async (role: Role, method: string, path: string, token: string, body?: unknown) =>
  (await nodes[role].call(method, path, { ...bearer(token), ...(body !== undefined && { body }) })).status;

describe('the token between the nodes', () => {
  const digestAt = (role: Role, token: string) => statusOf(role, 'GET', '/digest', token);
  /** A write, and a comparison, both of which ask the replica. */
  async function expectReplication(): Promise<void> {
    const write = await nodes.primary.call('PUT', '/key/k', { ...bearer('write-old'), body: { value: 1 } });
    expect(write.body).toMatchObject({ status: 'replicated' });
    const repair = await nodes.primary.call('POST', '/repair', bearer('write-old'));
    expect(repair.body).toMatchObject({ failed: 0, remaining: 0 });
    expect(repair.body.stoppedBy).toBeUndefined();
  }

  const orders: Array<[first: Role, second: Role]> = [
    ['primary', 'replica'],
    ['replica', 'primary'],
  ];
  test.each(orders)(
    'goes from "old" to "old,new" on both, "new,old" on both, "new" on both, the %s first each time: nothing is refused',
    async (...order) => {
      await expectReplication();
      for (const tokens of ['peer-old,peer-new', 'peer-new,peer-old', 'peer-new']) {
        for (const role of order) {
          change(role, 'peer', tokens);
          await expectReplication();
        }
      }
      for (const role of ROLES)
        expect([await digestAt(role, 'peer-new'), await digestAt(role, 'peer-old')]).toEqual([200, 403]);
    },
  );

  test('is taken on both nodes for as long as it is listed, first or second', async () => {
    for (const role of ROLES) {
      for (const tokens of ['peer-old,peer-new', 'peer-new,peer-old']) {
        change(role, 'peer', tokens);
        expect([await digestAt(role, 'peer-new'), await digestAt(role, 'peer-old')]).toEqual([200, 200]);
      }
    }
  });

  test('may not be sent before the replica knows it: "new,old" on the primary first is refused', async () => {
    change('primary', 'peer', 'peer-new,peer-old');
    const write = await nodes.primary.call('PUT', '/key/early', { ...bearer('write-old'), body: { value: 1 } });
    expect([write.status, write.body.status]).toEqual([202, 'replication_failed']);
    expect(write.body.error).toMatch(/403 \(forbidden\)/);

    change('replica', 'peer', 'peer-old,peer-new');
    const repair = await nodes.primary.call('POST', '/repair', bearer('write-old'));
    expect(repair.body).toMatchObject({ failed: 0, remaining: 0 });
  });
});

describe.each(ROLES)('the tokens of the clients of the %s', (role) => {
  const readWith = (token: string) => statusOf(role, 'GET', '/keys', token);
  /** 421 on the replica, which looks at the token first. */
  const writeWith = (token: string) => statusOf(role, 'PUT', '/key/k', token, { value: 1 });
  const taken = role === 'primary' ? [200, 201] : [421];

  test.each(['old,new', 'new,old'])(
    'go from "old" to "%s", then the clients change theirs, then to "new": nothing is refused',
    async (both) => {
      for (const kind of ['write', 'read'] as const) {
        const tryWith = kind === 'write' ? writeWith : readWith;
        const accepted = kind === 'write' ? taken : [200];
        expect(accepted).toContain(await tryWith(`${kind}-old`));
        change(role, kind, both.replaceAll(/\w+/g, `${kind}-$&`));
        expect(accepted).toContain(await tryWith(`${kind}-old`));
        expect(accepted).toContain(await tryWith(`${kind}-new`));
        expect(await readWith(`${kind}-old`)).toBe(200);
        expect(await readWith(`${kind}-new`)).toBe(200);
        change(role, kind, `${kind}-new`);
        expect(accepted).toContain(await tryWith(`${kind}-new`));
        expect(await tryWith(`${kind}-old`)).toBe(403);
      }
    },
  );

  test('an old one is taken until five minutes are over, and no longer', async () => {
    expect(await readWith('read-old')).toBe(200);
    store.parameters.set(`/${role}/read`, 'read-new');
    time += MAX_AGE_MS - 1;
    expect(await readWith('read-old')).toBe(200);
    time += 1;
    expect(await readWith('read-old')).toBe(403);
  });
});
