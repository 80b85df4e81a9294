// node:test. The primary crashes while orders come in, and the replica takes over: none is lost, and none is counted twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPair } from 'tandem/testing';

/** The code under test: takes an order, and says which number it has. */
async function takeOrder(kv, shop, order) {
  const { value: number } = await kv.increment(`${shop}/orders`);
  await kv.put(`${shop}/order/${number}`, order);
  return number;
}

let pair;
before(async () => {
  pair = await startPair();
});
after(() => pair.stop());

test('orders go on through a crash of the primary', async () => {
  const numbers = [await takeOrder(pair.client, 'shop', 'a book')];
  await pair.primary.kill();
  const waiting = takeOrder(pair.client, 'shop', 'a lamp');
  await pair.client.promote({ node: 'replica', force: true });
  numbers.push(await waiting);
  await pair.primary.start();
  numbers.push(await takeOrder(pair.client, 'shop', 'a chair'));
  assert.deepEqual(numbers, [1, 2, 3]);
});
