// What a durable run does: a list of things that clients and operators do and that go wrong, each at its time. It is data, so
// that a schedule that breaks a promise can be cut down to what it takes.
import type { Quality } from './network.ts';
import type { NodeName } from './nodes.ts';
import { createRandom, type Random } from './random.ts';

/** Times in milliseconds; what has a duration `ms` ends by itself. */
export type DurableAct =
  | {
      readonly act: 'write';
      readonly to: Addressee;
      readonly key: string;
      readonly isDeletion: boolean;
      readonly ttl?: number;
    }
  | { readonly act: 'read'; readonly to: Addressee; readonly key: string }
  | { readonly act: 'repair' | 'dismiss'; readonly to: Addressee }
  /** What a node does once a minute. */
  | { readonly act: 'minute'; readonly node: NodeName }
  | { readonly act: 'promote'; readonly to: Addressee; readonly force: boolean }
  /** One process of a node is gone. */
  | { readonly act: 'kill'; readonly node: NodeName }
  /** It stops for a while: when it has answered; or in the middle of anything. */
  | { readonly act: 'sleep' | 'stall'; readonly node: NodeName; readonly ms: number }
  /** It stops in the middle of changing who leads. */
  | { readonly act: 'freeze'; readonly to: Addressee; readonly how: 'asleep' | 'stalled'; readonly ms: number }
  | { readonly act: 'network'; readonly quality: Quality; readonly ms: number }
  | { readonly act: 'cut'; readonly how: 'refused' | 'silent'; readonly to: NodeName | 'both'; readonly ms: number }
  | { readonly act: 'poison'; readonly key: string; readonly ms: number };

/** Whom a client or an operator asks: the node that leads, or the other one. */
export type Addressee = 'leader' | 'other';

export interface DurableStep {
  /** Milliseconds after the step before. */
  readonly after: number;
  readonly act: DurableAct;
}

export interface DurableSchedule {
  readonly seed: number;
  readonly kind: DurableKind;
  /** How long dead records are kept. */
  readonly retentionMs: number;
  /** How far the clocks of B are ahead of those of A, in milliseconds. */
  readonly offset: number;
  readonly steps: readonly DurableStep[];
}

/**
 * `epochs`: A leads, and much goes wrong. `switchover`: nothing goes wrong, and the nodes change their roles as planned.
 * `promotion`: the nodes change their roles, planned or not, and everything may go wrong.
 */
export type DurableKind = 'epochs' | 'switchover' | 'promotion';

const KINDS: readonly DurableKind[] = ['epochs', 'switchover', 'promotion', 'promotion', 'promotion'];
const NODES: readonly NodeName[] = ['a', 'b'];
export const KEYS: readonly string[] = ['a', 'b', 'c'];
const RETENTION_MS = 5000;
/** How far the clocks of one node are ahead of those of the other at most, in milliseconds. */
const OFFSET_MS = 1000;

/** The schedule of a seed: always the same one. */
export function durableScheduleOf(seed: number): DurableSchedule {
  const random = createRandom(seed + 0xd0d0);
  const kind = random.pick(KINDS);
  const offset = random.chance(0.5) ? 0 : random.int(-OFFSET_MS, OFFSET_MS);
  const steps: DurableStep[] = [];
  for (let i = random.int(20, 70); i > 0; i--) steps.push(...some(random, kind));
  return { seed, kind, retentionMs: RETENTION_MS, offset, steps };
}

/** The first schedules of a kind, from seed 1 on; of any kind without one. */
export function* durableSchedulesOf(kind: DurableKind | undefined, count: number): Generator<DurableSchedule> {
  for (let seed = 1, found = 0; found < count; seed++) {
    const schedule = durableScheduleOf(seed);
    if (kind !== undefined && schedule.kind !== kind) continue;
    found++;
    yield schedule;
  }
}

/** Some seconds of traffic, then a long while without, so that epochs end and what is dead is forgotten. */
function some(random: Random, kind: DurableKind): DurableStep[] {
  const after = random.chance(0.85) ? random.int(0, 400) : random.int(4000, 30_000);
  const dice = random.int(0, 99);
  if (dice < 70) return [{ after, act: operation(random, kind) }];
  if (dice < 80 && kind !== 'epochs') return promotions(random, kind, after);
  return [{ after, act: kind === 'switchover' ? { act: 'sleep', ...sleeping(random) } : fault(random) }];
}

function operation(random: Random, kind: DurableKind): DurableAct {
  // While both believe that they lead, both take writes.
  const to = random.chance(kind === 'promotion' ? 0.7 : 0.9) ? 'leader' : 'other';
  const key = random.pick(KEYS);
  const dice = random.int(0, 99);
  if (dice < 72) {
    const isDeletion = random.chance(0.4);
    return { act: 'write', to, key, isDeletion, ...(!isDeletion && random.chance(0.2) && { ttl: random.int(1, 5) }) };
  }
  if (dice < 82) return { act: 'read', to, key };
  if (dice < 90) return { act: 'repair', to };
  if (dice < 97) return { act: 'minute', node: random.pick(NODES) };
  return { act: 'dismiss', to };
}

/** One, or several at about the same time: of one node, or of both. Perhaps something goes wrong before or in the middle. */
function promotions(random: Random, kind: DurableKind, after: number): DurableStep[] {
  const isRough = kind === 'promotion';
  const steps: DurableStep[] = [];
  if (isRough && random.chance(0.3)) steps.push({ after: 0, act: cut(random, random.int(2000, 20_000)) });
  for (let i = random.chance(0.6) ? 1 : random.int(2, 3); i > 0; i--) {
    const to = random.chance(0.75) ? 'other' : 'leader';
    steps.push({ after: soon(random), act: { act: 'promote', to, force: isRough && random.chance(0.5) } });
  }
  if (isRough && random.chance(0.4)) steps.push({ after: soon(random), act: fault(random) });
  if (isRough && random.chance(0.3)) steps.push(...frozen(random));
  const [first, ...others] = steps as [DurableStep, ...DurableStep[]];
  return [{ ...first, after }, ...others];
}

/** As a switchover is about to be done; and once its time is over somebody writes. */
function frozen(random: Random): DurableStep[] {
  const key = random.pick(KEYS);
  return [
    { after: random.int(1300, 1700), act: freeze(random) },
    { after: random.int(5000, 12_000), act: { act: 'write', to: 'leader', key, isDeletion: false } },
  ];
}

/** For longer than a switchover lasts, perhaps. */
function freeze(random: Random): DurableAct {
  const [to, how] = [random.pick(['leader', 'other'] as const), random.pick(['asleep', 'stalled'] as const)];
  return { act: 'freeze', to, how, ms: random.int(100, 14_000) };
}

function cut(random: Random, ms: number): DurableAct {
  return { act: 'cut', how: random.pick(['refused', 'silent']), to: random.pick(['a', 'b', 'both']), ms };
}

/** While a promotion is under way: it takes some moments, and two seconds where the other node must agree. */
function soon(random: Random): number {
  return random.int(0, random.chance(0.5) ? 50 : 2000);
}

function sleeping(random: Random): { readonly node: NodeName; readonly ms: number } {
  return { node: random.pick(NODES), ms: random.int(1000, 60_000) };
}

function fault(random: Random): DurableAct {
  const node = random.pick(NODES);
  const ms = random.int(50, 4000);
  switch (random.int(0, 11)) {
    case 0:
    case 1:
      return { act: 'kill', node };
    case 2:
    case 3:
      return { act: 'sleep', ...sleeping(random) };
    case 4:
    case 5:
      return { act: 'stall', node, ms: random.int(1, random.chance(0.5) ? 1000 : 6000) };
    case 6:
    case 7:
      return cut(random, random.chance(0.7) ? ms : random.int(5000, 60_000));
    case 8:
    case 9:
      return freeze(random);
    case 10:
      return { act: 'poison', key: random.pick(KEYS), ms };
    default:
      return { act: 'network', quality: BAD, ms };
  }
}

const BAD: Quality = { lostRequest: 0.2, lostReply: 0.2, duplicate: 0.3, maxDelayMs: 400, late: 0.2, maxLateMs: 3000 };
