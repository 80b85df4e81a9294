// What goes wrong in a run. Each fault begins, lasts a while, and ends.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../simulation/random.ts';
import type { Cluster, Member } from './cluster.ts';
import type { RunRecord } from './record.ts';

interface Fault {
  /** The node whose process it kills: the other one must not have been killed since both were in sync. */
  readonly kills?: 'primary' | 'replica';
  inflict(cluster: Cluster, random: Random, record: RunRecord): Promise<void>;
}

/** Longer than any limit of a single request, in milliseconds: a primary that starts waits for a silent replica all the same. */
const LONG_MS = 7000;

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
