// What the tests of promotion ask of a pair of real processes, of which either node leads.
import { expect } from '@jest/globals';
import type { TestNode } from './nodes.ts';
import { json, putKey, statusOf } from './requests.ts';
import { until } from './until.ts';

export function promote(node: TestNode, force = false): Promise<Response> {
  const body = JSON.stringify(force ? { force } : {});
  return fetch(`${node.url}/promote`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

export const divergent = async (node: TestNode) => (await json(fetch(`${node.url}/divergent`))).writes;

/** Whether this node leads, the other one is its replica, and both hold the same. */
export async function isFollowed(primary: TestNode, replica: TestNode): Promise<boolean> {
  const [leading, following] = await Promise.all([statusOf(primary), statusOf(replica)]);
  return leading.inSync === true && following.role === 'replica' && following.state === 'serving';
}

/** Waits until that is so. */
export const untilFollowed = (primary: TestNode, replica: TestNode): Promise<boolean> =>
  until(() => isFollowed(primary, replica));

/** Has this node lead, if it does not, and the other one follow it. */
export async function haveLead(primary: TestNode, replica: TestNode): Promise<void> {
  if ((await statusOf(primary)).role === 'replica') expect((await promote(primary)).status).toBe(200);
  await untilFollowed(primary, replica);
}

/**
 * Writes a key again and again: 1, 2 and so on, each until it is acknowledged.
 * @returns ends it, and tells the values that were acknowledged, in order
 */
export function keepWriting(nodes: readonly TestNode[], key: string): () => Promise<string[]> {
  const acknowledged: string[] = [];
  let isOver = false;
  const writing = (async () => {
    for (let at = 0; !isOver; ) {
      const node = nodes[at % nodes.length] as TestNode;
      const next = `${acknowledged.length + 1}`;
      const answer = await putKey(node, key, next).catch(() => undefined);
      if (answer?.ok) acknowledged.push(next);
      else at++;
      await answer?.text();
    }
  })();
  return async () => {
    isOver = true;
    await writing;
    return acknowledged;
  };
}
