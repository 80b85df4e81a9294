// What goes wrong in a run. Each fault begins, lasts a while, and ends.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../simulation/random.ts';
import { Caller, NoAnswer } from './call.ts';
import type { Cluster, Member } from './cluster.ts';
import type { RunRecord } from './record.ts';

interface Fault {
  /** The node whose process it kills: the other one must not have been killed since both were in sync. */
  readonly kills?: 'primary' | 'replica';
  inflict(cluster: Cluster, random: Random, record: RunRecord): Promise<void>;
}

/** Longer than any limit of a single request, in milliseconds: a primary that starts waits for a silent replica all the same. */
const LONG_MS = 7000;
/** How long the answer to a promotion may take, in milliseconds. */
const PROMOTE_MS = 20_000;

/** What the nodes must bear. */
export const FAULTS = {
  'kill-replica': { kills: 'replica', inflict: ({ replica }, random) => restart(replica, random.int(0, 1500)) },
  'kill-primary': {
    kills: 'primary',
    inflict: ({ primary }, random, record) => restartPrimary(primary, record, random.int(0, 500)),
  },
  'kill-primary-delay': {
    kills: 'primary',
    async inflict(cluster, random, record) {
      await cluster.disturb('delay');
      await restartPrimary(cluster.primary, record, random.int(0, 500));
      await sleep(random.int(0, 3000));
      await cluster.disturb('none');
    },
  },
  'kill-replica-cut': {
    kills: 'replica',
    async inflict(cluster, random) {
      await cluster.disturb('cut');
      await restart(cluster.replica, 0);
      await sleep(random.int(0, 2000));
      await cluster.disturb('none');
    },
  },
  'stop-replica': { inflict: ({ replica }, random) => standStill(replica, random.int(200, 3000)) },
  'stop-primary': { inflict: ({ primary }, random) => standStill(primary, random.int(200, 2000)) },
  cut: { inflict: disturbing('cut', 2500) },
  silent: { inflict: disturbing('silent', 3500) },
  delay: { inflict: disturbing('delay', 2000) },
  /** Requests arrive, and answers do not. */
  'half-open': { inflict: disturbing('swallow', 3500, 'to replica') },
  reset: { inflict: disturbing('reset', 2000, 'to replica') },
  'kill-primary-silent': {
    kills: 'primary',
    async inflict(cluster, _, record) {
      await cluster.disturb('silent');
      await restartPrimary(cluster.primary, record, 0);
      await sleep(LONG_MS);
      await cluster.disturb('none');
    },
  },
  /** A planned change of roles under load. */
  switchover: { inflict: (cluster) => promote(cluster, false) },
  /** The primary is killed, the replica leads, and the former primary comes back as its replica. */
  'kill-promote': {
    kills: 'primary',
    async inflict(cluster, random, record) {
      const { primary } = cluster;
      const calledAt = performance.now();
      await primary.kill();
      await promote(cluster, true);
      noteCrash(record, calledAt, performance.now());
      await sleep(random.int(0, 1500));
      await primary.launch();
    },
  },
  /** The primary is killed while it gives the lead away: either node may lead afterwards. */
  'kill-switchover': {
    kills: 'primary',
    async inflict(cluster, random, record) {
      const { primary } = cluster;
      const promoted = promote(cluster, false);
      await sleep(random.int(0, 40));
      const calledAt = performance.now();
      await primary.kill();
      await promoted;
      await sleep(random.int(0, 300));
      const launched = primary.launch();
      noteCrash(record, calledAt, primary.spawnedAt);
      await launched;
      await untilLed(cluster);
    },
  },
  'kill-primary-stopped-replica': {
    kills: 'primary',
    async inflict({ primary, replica }, _, record) {
      replica.stand();
      await restartPrimary(primary, record, 0);
      await sleep(LONG_MS);
      replica.goOn();
    },
  },
} satisfies Readonly<Record<string, Fault>>;

/** @throws Error when there is no such fault */
export function faultNamed(name: string): Fault {
  const fault = (FAULTS as Readonly<Record<string, Fault>>)[name];
  if (fault) return fault;
  throw new Error(`There is no fault '${name}'; there are ${Object.keys(FAULTS).join(', ')}.`);
}

async function restart(node: Member, downMs: number): Promise<void> {
  await node.kill();
  await sleep(downMs);
  await node.launch();
}

/** Has the replica lead. That it is refused changes nothing. */
async function promote(cluster: Cluster, force: boolean): Promise<void> {
  const caller = new Caller();
  try {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(force ? { force } : {});
    const answer = await caller.call(`${cluster.replica.url}/promote`, { method: 'POST', headers, body }, PROMOTE_MS);
    if (answer.status === 200) cluster.swap();
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
  } finally {
    caller.close();
  }
}

/** Waits until one of the nodes says that it leads, and takes it for the primary from then on. */
async function untilLed(cluster: Cluster): Promise<void> {
  const caller = new Caller();
  for (;;) {
    const [leading, following] = await Promise.all([
      statusOf(caller, cluster.primary),
      statusOf(caller, cluster.replica),
    ]);
    if (leading?.role === 'primary' && leading.state === 'serving') break;
    if (following?.role === 'primary' && following.state === 'serving') {
      cluster.swap();
      break;
    }
    await sleep(20);
  }
  caller.close();
}

async function statusOf(caller: Caller, { url }: Member): Promise<{ role: string; state: string } | undefined> {
  try {
    return (await caller.call(`${url}/status`)).body;
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}

/** A process was killed: what was under way and unknown came to nothing, and the newest writes may be undone. */
function noteCrash(record: RunRecord, calledAt: number, endedAt: number): void {
  record.endUnknown(endedAt, endedAt);
  record.addToAll({ client: 'nemesis', action: { kind: 'crash' }, calledAt, endedAt });
}

async function restartPrimary(primary: Member, record: RunRecord, downMs: number): Promise<void> {
  await primary.kill();
  const calledAt = primary.goneAt as number;
  await sleep(downMs);
  const launched = primary.launch();
  record.endUnknown(primary.spawnedAt, calledAt);
  record.addToAll({ client: 'nemesis', action: { kind: 'crash' }, calledAt, endedAt: primary.spawnedAt });
  await launched;
}

async function standStill(node: Member, ms: number): Promise<void> {
  node.stand();
  await sleep(ms);
  node.goOn();
}

function disturbing(disturbance: Parameters<Cluster['disturb']>[0], maxMs: number, direction?: 'to replica') {
  return async (cluster: Cluster, random: Random) => {
    await cluster.disturb(disturbance, direction);
    await sleep(random.int(200, maxMs));
    await cluster.disturb('none');
  };
}
