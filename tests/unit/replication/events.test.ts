// What the nodes tell of a failover, of a recovery, and of a switchover over durable stores: in the order in which it happened.
import { afterEach, expect, test } from '@jest/globals';
import { MemoryNode } from '../../../lib/replication/memory-node.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { ReplicationEvent } from '../../../lib/telemetry/events.ts';
import { DurableNodes } from '../../support/durable-nodes.ts';
import { LinkedNodes, type NodeName } from '../../support/linked-nodes.ts';

let pair: LinkedNodes | DurableNodes;
afterEach(() => {
  expect(pair.errors).toEqual([]);
});

async function inMemory(): Promise<LinkedNodes> {
  const nodes = new LinkedNodes((options) => new MemoryNode(options));
  pair = nodes;
  for (const name of ['a', 'b'] as const) nodes.start(name, memoryStore(1e9));
  await nodes.untilHealed('a');
  return nodes;
}

/** What a node has told since this was last asked. */
const newsOf = (name: NodeName): ReplicationEvent[] => pair.events[name].splice(0);
const kindsOf = (name: NodeName) => newsOf(name).map(({ kind }) => kind);
const rolesIn = (events: readonly ReplicationEvent[]) =>
  events.flatMap((event) => (event.kind === 'role' ? `${event.role} ${event.state}` : []));

test('P5 a primary that was killed: it recovers, and tells what it took from its replica', async () => {
  const nodes = await inMemory();
  for (const key of ['x', 'y']) await nodes.write('a', key, 1);
  newsOf('a');
  nodes.start('a', memoryStore(1e9));
  await nodes.untilHealed('a');
  const news = newsOf('a');
  expect(rolesIn(news)).toEqual(['primary recovering', 'primary serving']);
  const [pulled] = news.filter(({ kind }) => kind === 'pulled');
  expect(pulled).toMatchObject({ records: [{ key: 'x', version: 1 }, { key: 'y' }], count: 2 });
});

test('P3 a primary that was replaced unheard: its request is refused, and only then it steps down', async () => {
  const nodes = await inMemory();
  nodes.loses = ({ kind, from }) => kind !== 'replicate' || from === 'b';
  await nodes.promote('b', true);
  newsOf('a');
  newsOf('b');
  nodes.mend();
  // What B says of itself is lost: A hears of it with its own write.
  nodes.loses = ({ kind }) => kind === 'handshake';
  await nodes.write('a', 'late', 1);
  // A comparison ends beside it.
  const news = newsOf('a').filter(({ kind }) => kind !== 'repair' && kind !== 'replica');
  expect(news.map(({ kind }) => kind)).toEqual(['written', 'sent', 'unanswered', 'role']);
  expect(news[2]).not.toHaveProperty('nextAttemptAt');
  expect(rolesIn(news)).toEqual(['replica serving']);
  expect(newsOf('b')).toContainEqual(expect.objectContaining({ kind: 'refused', code: 'stale_epoch' }));
  nodes.mend();
  await nodes.untilHealed('b');
  expect(newsOf('b')).toContainEqual(
    expect.objectContaining({ kind: 'pulled', records: [expect.objectContaining({ key: 'late' })] }),
  );
});

test('a replica that is gone when its primary meets it: nothing is sent, and the record says when it is tried', async () => {
  const nodes = await inMemory();
  nodes.stop('b');
  nodes.start('a', memoryStore(1e9));
  await nodes.clock.when(() => nodes.node('a').leading !== undefined);
  newsOf('a');
  await nodes.write('a', 'alone', 1);
  const news = newsOf('a');
  expect(news.map(({ kind }) => kind)).toEqual(['written', 'not_tried']);
  expect(news[1]).toMatchObject({ error: 'replica unreachable', records: [{ key: 'alone' }] });
  expect(news[1]).toHaveProperty('nextAttemptAt', expect.any(Number));
});

test('over durable stores: a write, a switchover, and a former primary that another process finds replaced', async () => {
  const nodes = new DurableNodes();
  pair = nodes;
  await nodes.begin();
  // The role was read before the epoch was.
  expect(newsOf('a').findLast(({ kind }) => kind === 'role')).toMatchObject({
    role: 'primary',
    state: 'serving',
    epoch: expect.any(Number),
  });
  newsOf('b');
  await nodes.write('a', 'k', 1);
  expect(kindsOf('a')).toEqual(['written', 'sent', 'answered']);
  expect(kindsOf('b')).toEqual(['received', 'taken']);

  await nodes.promote('b');
  expect(rolesIn(newsOf('a'))).toEqual(['primary switching', 'replica serving']);
  const news = newsOf('b');
  expect(rolesIn(news)).toEqual(['primary serving']);
  expect(news).toContainEqual(expect.objectContaining({ kind: 'promoted', mode: 'switchover' }));

  nodes.replaceProcess('a');
  await nodes.node('a').describe();
  await nodes.clock.when(() => pair.events.a.length > 0);
  expect(rolesIn(newsOf('a'))).toEqual(['replica serving']);

  nodes.cut('a', 'b');
  await nodes.promote('a', true);
  expect(newsOf('a')).toContainEqual(expect.objectContaining({ kind: 'promoted', mode: 'failover' }));
});
