// What a process of a durable node has decided, and carries out only when other processes have changed the role of the node.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Handshake } from '../../../lib/peer/wire.ts';
import { DurableNode } from '../../../lib/replication/durable-node.ts';
import type { NodeOptions } from '../../../lib/replication/pair-node.ts';
import { Roles } from '../../../lib/replication/roles.ts';
import type { NodeState, Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { LinkedNodes } from '../../support/linked-nodes.ts';

let started = 0;
function open(options: NodeOptions): DurableNode {
  const { store, clock, beginsAs } = options;
  const nodeState = store.nodeState as NodeState;
  return new DurableNode({
    ...options,
    nodeState,
    owner: `process ${++started}`,
    roles: new Roles(store, clock, beginsAs),
  });
}

let pair: LinkedNodes<DurableNode>;
beforeEach(async () => {
  pair = new LinkedNodes(open);
  for (const name of ['a', 'b'] as const) pair.start(name, durableStore());
  await pair.write('a', 'k', 'v');
  await pair.repair('a');
});
afterEach(() => {
  expect(pair.errors).toEqual([]);
});

const roleOf = async (store: Store) => (await store.roleState()).state?.role;

/** The primary gives the lead to B, which does not hear of it. @returns what A says of it in every handshake */
async function grantUnheard(): Promise<Handshake> {
  await pair.promoteUnheard();
  pair.mend();
  return pair.node('a').describe();
}

test('R11 a lead that was given, taken, and given back is not taken again, however late its giver is heard', async () => {
  const granted = await grantUnheard();
  await pair.node('b').handshake(granted);
  expect(await roleOf(pair.store('b'))).toBe('primary');
  // The process that gives the lead back ends before its store has heard of the next epoch.
  const b = pair.store('b');
  const { raiseEpoch } = b;
  Object.assign(b, { raiseEpoch: () => b.highestEpoch() });
  await pair.promote('a');
  Object.assign(b, { raiseEpoch });
  await pair.node('b').handshake(granted);
  expect(await roleOf(b)).toBe('replica');
});

test('R11 a process that sleeps before it takes the lead takes none that its node has had, and lost, meanwhile', async () => {
  const granted = await grantUnheard();
  const { nodeState } = pair.store('b');
  const { keepNote } = nodeState as NodeState;
  const asleep = Promise.withResolvers<void>();
  Object.assign(nodeState as object, {
    async keepNote(...args: Parameters<NodeState['keepNote']>) {
      Object.assign(nodeState as object, { keepNote });
      await asleep.promise;
      return keepNote(...args);
    },
  });
  const late = pair.join('b').handshake(granted);
  await pair.clock.pass(1);
  await pair.node('b').handshake(granted);
  expect(await roleOf(pair.store('b'))).toBe('primary');
  await pair.promote('a', true);
  await pair.write('a', 'k', 'w');
  asleep.resolve();
  await pair.clock.during(late);
  expect([await roleOf(pair.store('a')), await roleOf(pair.store('b'))]).toEqual(['primary', 'replica']);
});

test('R11 a lead that is void by the time that its epoch is to begin is given up, and no epoch begins', async () => {
  const granted = await grantUnheard();
  const { epoch } = await pair.promote('a', true);
  const b = pair.store('b');
  const nodeState = b.nodeState as NodeState;
  const { claimEpoch } = nodeState;
  Object.assign(nodeState, {
    async claimEpoch(given: number) {
      // Another process hears of the present primary.
      await b.raiseEpoch(epoch, pair.store('a').id);
      await claimEpoch(given);
    },
  });
  await pair.node('b').handshake(granted);
  expect(await roleOf(b)).toBe('replica');
  expect(await nodeState.epochs()).toEqual({ highest: epoch, by: pair.store('a').id });
});
