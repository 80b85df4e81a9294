// The command line of an operator: status, backlog, repair, fault, promote and divergent, on a real pair.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { untilFollowed } from '../support/promotion.ts';
import { linesIn, Tandem } from '../support/tandem.ts';

let nodes: Pair;
let tandem: Tandem;
beforeEach(async () => {
  // Without a schedule: what heals here was healed by a command.
  nodes = await startPair({}, { serve: {}, isScheduled: false });
  tandem = new Tandem(nodes);
  await untilFollowed(nodes.primary, nodes.replica);
});
afterEach(() => nodes?.stop());

test('status tells how both nodes are, and a script can wait for them to be in sync', async () => {
  expect(await tandem.lines('status')).toMatchObject([
    { node: 'primary', url: nodes.primary.url, role: 'primary', state: 'serving', inSync: true },
    { node: 'replica', url: nodes.replica.url, role: 'replica', state: 'serving' },
  ]);
  const { stdout } = await tandem.run(['status', '--no-json']);
  expect(stdout).toMatch(/^node +role .*\n\S+ +primary +serving +memory +0 +0 +yes.*\n\S+ +replica +serving/);
  await nodes.replica.stop('SIGKILL');
  const { code, stdout: seen } = await tandem.run(['status']);
  expect([code, linesIn(seen)]).toEqual([
    3,
    [
      expect.objectContaining({ role: 'primary' }),
      { node: 'replica', url: nodes.replica.url, error: expect.any(String) },
    ],
  ]);
});

test('a fault holds a write up: status and backlog say why, and a repair ships it once the fault is off', async () => {
  const [{ id }] = await tandem.lines('fault', 'add', 'error', '--key-prefix', 'bad/', '--ttl', '3600');
  expect(await tandem.lines('fault', 'list')).toMatchObject([
    { node: 'replica', id, kind: 'error', keyPrefix: 'bad/' },
  ]);
  expect(await tandem.lines('put', 'bad/one', '1')).toMatchObject([
    { status: 'replication_failed', error: expect.any(String) },
  ]);
  expect(await tandem.lines('status', 'bad/one')).toMatchObject([
    { key: 'bad/one', status: 'replication_failed', attempts: [{ outcome: 'failed' }] },
  ]);
  expect(await tandem.lines('backlog')).toMatchObject([{ key: 'bad/one', status: 'replication_failed' }]);
  expect((await tandem.run(['backlog', '--no-json'])).stdout).toMatch(
    /^key +version .*why\nbad\/one +1 +replication_failed/,
  );
  expect(await tandem.run(['status'])).toMatchObject({ code: 1 });
  expect(await tandem.run(['repair'])).toMatchObject({ code: 1 });
  expect(await tandem.lines('fault', 'clear', id)).toEqual([{ cleared: id, nodes: ['primary', 'replica'] }]);
  expect(await tandem.run(['fault', 'clear', id])).toMatchObject({ code: 1 });
  expect(await tandem.lines('fault', 'clear')).toEqual([{ cleared: 'all', nodes: ['primary', 'replica'] }]);
  expect(await tandem.lines('repair')).toMatchObject([{ shipped: 1, remaining: 0 }]);
  expect(await tandem.run(['backlog'])).toEqual({
    code: 0,
    stdout: '',
    stderr: 'The replica has acknowledged every write.\n',
  });
  expect(await tandem.run(['status', 'never'])).toMatchObject({ code: 1 });
  expect(await tandem.run(['fault', 'add', 'flood'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/drop_request/),
  });
});

test('promote has the node lead that does not, and every other command follows it', async () => {
  expect(await tandem.lines('promote')).toMatchObject([{ mode: 'switchover', url: nodes.replica.url, atRisk: 0 }]);
  expect(await tandem.lines('put', 'a', '1')).toMatchObject([{ status: 'replicated' }]);
  expect(await tandem.lines('promote')).toMatchObject([{ mode: 'switchover', url: nodes.primary.url }]);
  expect(await tandem.lines('promote', '--node', 'primary')).toMatchObject([{ mode: 'none' }]);
  await nodes.primary.stop('SIGKILL');
  const planned = await tandem.run(['promote', '--timeout', '2']);
  expect(planned).toMatchObject({ code: 1, stderr: expect.stringMatching(/primary/) });
  expect(await tandem.lines('promote', '--force')).toMatchObject([{ mode: 'failover', url: nodes.replica.url }]);
  expect(await tandem.lines('get', 'a')).toEqual([1]);
});

test('divergent lists what a failover superseded unseen, until it is dismissed', async () => {
  const exact = '{"n":12345678901234567890}';
  for (const node of ['primary', 'replica'])
    await tandem.lines('fault', 'add', 'drop_request', '--node', node, '--ttl', '3600');
  for (const key of ['f', 'g']) await tandem.lines('put', key, exact);
  await tandem.lines('promote', '--force', '--node', 'replica');
  const other = new Tandem({ primary: nodes.replica, replica: nodes.primary });
  for (const key of ['f', 'g']) await other.lines('put', key, '2');
  await other.lines('fault', 'clear');
  await other.run(['repair']);
  await untilFollowed(nodes.replica, nodes.primary);
  const { stdout } = await other.run(['divergent', 'list']);
  expect(linesIn(stdout)).toMatchObject([{ key: 'f' }, { key: 'g' }]);
  expect(stdout).toContain(exact);
  expect((await other.run(['divergent', 'list', '--no-json'])).stdout).toContain(exact);
  expect(await other.lines('divergent', 'dismiss', 'f')).toEqual([{ dismissed: 1 }]);
  expect(await other.run(['divergent', 'dismiss', 'f'])).toMatchObject({ code: 1 });
  expect(await other.run(['divergent', 'dismiss'])).toMatchObject({ code: 2 });
  expect(await other.lines('divergent', 'dismiss', '--all')).toEqual([{ dismissed: 1 }]);
  expect(await other.run(['divergent', 'list'])).toEqual({ code: 0, stdout: '', stderr: 'No write is divergent.\n' });
});
