// A pair of real processes of which either node leads, on a link that can be cut, and what the tests of promotion ask of it.
import { expect } from '@jest/globals';
import { freePorts, type Pair, startPair, type TestNode } from './nodes.ts';
import { json, putKey, statusOf } from './requests.ts';
import { type Disturbance, startTcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

export interface LinkedPair {
  /** They begin as the primary and the replica. */
  readonly a: TestNode;
  readonly b: TestNode;
  /** How either node reaches the other one. */
  readonly urls: { readonly toA: string; readonly toB: string };
  disturb(disturbance: Disturbance): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param env further environment variables of both nodes
 * @param around what is between B and the line to A: it is given the port of that line, and resolves to its own
 */
export async function startLinkedPair(
  env: Readonly<Record<string, string>> = {},
  around = async (port: number) => port,
): Promise<LinkedPair> {
  const [portA, portB] = (await freePorts(2)) as [number, number];
  const [lineToA, lineToB] = [await startTcpProxy(portA), await startTcpProxy(portB)];
  const urls = { toA: `http://127.0.0.1:${await around(Number(new URL(lineToA.url).port))}`, toB: lineToB.url };
  const stopLines = async () => void (await Promise.all([lineToA.stop(), lineToB.stop()]));
  const own = { PRIMARY_PORT: `${portA}`, REPLICA_PORT: `${portB}`, PRIMARY_URL: urls.toA, REPLICA_URL: urls.toB };
  const pair: Pair = await startPair({ ...env, ...own }, { serve: {} }).catch(async (error) => {
    await stopLines();
    throw error;
  });
  return {
    a: pair.primary,
    b: pair.replica,
    urls,
    disturb: async (disturbance) => void (await Promise.all([lineToA.set(disturbance), lineToB.set(disturbance)])),
    async stop() {
      await pair.stop();
      await stopLines();
    },
  };
}

export function promote(node: TestNode, force = false): Promise<Response> {
  const body = JSON.stringify(force ? { force } : {});
  return fetch(`${node.url}/promote`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

export const divergent = async (node: TestNode) => (await json(fetch(`${node.url}/divergent`))).writes;

/** Waits until this node leads, the other one is its replica, and both hold the same. */
export async function untilFollowed(primary: TestNode, replica: TestNode): Promise<void> {
  await until(async () => {
    const [leading, following] = await Promise.all([statusOf(primary), statusOf(replica)]);
    return leading.inSync === true && following.role === 'replica' && following.state === 'serving';
  });
}

/** Has this node lead, if it does not, and the other one follow it. */
export async function haveLead(primary: TestNode, replica: TestNode): Promise<void> {
  if ((await statusOf(primary)).role === 'replica') expect((await promote(primary)).status).toBe(200);
  await untilFollowed(primary, replica);
}

/** Writes a key again and again. @returns ends it, and tells the values that were acknowledged, in order */
export function keepWriting(nodes: readonly TestNode[], key: string): () => Promise<string[]> {
  const acknowledged: string[] = [];
  let isOver = false;
  const writing = (async () => {
    for (let i = 1, at = 0; !isOver; i++) {
      const node = nodes[at % nodes.length] as TestNode;
      const answer = await putKey(node, key, `${i}`).catch(() => undefined);
      if (answer?.ok) acknowledged.push(`${i}`);
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
