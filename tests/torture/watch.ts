// Asks the primary's status all the time, and holds each `inSync: true` against what is known of the replica (P10).
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Caller, NoAnswer } from './call.ts';
import type { Cluster } from './cluster.ts';
import { tagOf } from './history.ts';
import type { RunRecord } from './record.ts';

const PAUSE_MS = 100;
/** How old what a status says may be, in milliseconds; and what the rounding of its time makes of that. */
const STATUS_AGE_MS = 1000;
const ROUNDING_MS = 2;
/** How long a replica may stand still until no status may call it in sync, in milliseconds. */
const STANDSTILL_MS = STATUS_AGE_MS + 500;

export interface Watch {
  readonly cluster: Cluster;
  readonly record: RunRecord;
  readonly isOver: () => boolean;
}

/** Resolves once the run is over. */
export async function watchStatus(watch: Watch): Promise<void> {
  const caller = new Caller();
  while (!watch.isOver()) {
    await look(watch, caller);
    await sleep(PAUSE_MS);
  }
  caller.close();
}

/** @returns whether the primary says that both nodes are in sync. It is checked, and written down if it says so */
export async function look({ cluster, record }: Pick<Watch, 'cluster' | 'record'>, caller: Caller): Promise<boolean> {
  const { primary, replica } = cluster;
  const calledAt = performance.now();
  const lives = { primary: primary.life, replica: replica.life };
  const status = await ask(caller, `${primary.url}/status`);
  if (status?.body?.inSync !== true || primary.life !== lives.primary) return false;
  const endedAt = performance.now();
  const checkedAt = Date.parse(status.body.checkedAt) - performance.timeOrigin;
  const wrong = problemOf(cluster, { calledAt, checkedAt });
  if (wrong) record.violate(`P10 the status says inSync, ${wrong}: ${JSON.stringify(status.body)}`);
  // What happened to the replica after the check, no status can tell.
  const isSameReplica = replica.spawnedAt < checkedAt && replica.life === lives.replica;
  if (isSameReplica) await checkContents(cluster, record, caller, calledAt);
  record.addToAll({ client: 'status', action: { kind: 'synced' }, calledAt, endedAt });
  return true;
}

function problemOf({ replica }: Cluster, { calledAt, checkedAt }: Readonly<Record<'calledAt' | 'checkedAt', number>>) {
  if (checkedAt < calledAt - STATUS_AGE_MS - ROUNDING_MS) return 'of more than a second ago';
  const { goneAt, stoppedAt } = replica;
  if (goneAt !== undefined && goneAt < checkedAt - ROUNDING_MS) return 'while there is no replica';
  if (stoppedAt !== undefined && stoppedAt < calledAt - STANDSTILL_MS) return 'while the replica stands still';
  return undefined;
}

/** All that was acknowledged before the status was asked is on the replica then. */
async function checkContents(cluster: Cluster, record: RunRecord, caller: Caller, calledAt: number): Promise<void> {
  const { primary, replica } = cluster;
  const lives = { primary: primary.life, replica: replica.life };
  for (const key of record.keys) {
    const stamp = record.newest(key, lives.primary, calledAt);
    if (stamp === undefined) continue;
    const tag = tagOf(stamp);
    const answer = await ask(caller, `${replica.url}/key/${key}?at_least=${encodeURIComponent(tag)}`);
    if (replica.life !== lives.replica) return;
    if (answer?.status === 503 && answer.body.code === 'not_yet_replicated')
      record.violate(`P10 ${key}: the status says inSync, and the replica does not have ${tag}`, key);
  }
}

async function ask(caller: Caller, url: string): Promise<Answer | undefined> {
  try {
    return await caller.call(url);
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}
