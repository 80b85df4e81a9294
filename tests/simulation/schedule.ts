// What a run does: a list of things that clients do and that go wrong, each at its time. It is data, so that a
// schedule that breaks a promise can be cut down to what it takes.
import type { Write } from './clients.ts';
import type { Quality } from './network.ts';
import type { NodeName } from './nodes.ts';
import { createRandom, type Random } from './random.ts';

/** Times in milliseconds; what has a duration `ms` ends by itself. */
export type Act =
  | { readonly act: 'write'; readonly write: Write; readonly to: Addressee }
  | { readonly act: 'read'; readonly key: string; readonly to: Addressee }
  | { readonly act: 'repair'; readonly limitMs: number; readonly to: Addressee }
  | { readonly act: 'dismiss'; readonly to: Addressee }
  | { readonly act: 'crash'; readonly node: NodeName; readonly ms: number }
  | { readonly act: 'stall'; readonly node: NodeName; readonly ms: number }
  | { readonly act: 'promote'; readonly node: NodeName; readonly force: boolean }
  | { readonly act: 'replace'; readonly node: NodeName }
  | { readonly act: 'jump'; readonly node: NodeName; readonly ms: number }
  | { readonly act: 'network'; readonly quality: Quality; readonly ms: number }
  | {
      readonly act: 'cut';
      readonly how: 'refused' | 'silent';
      readonly to: NodeName | 'both';
      readonly ms: number;
    }
  | { readonly act: 'slow'; readonly slowness: number; readonly ms: number }
  | { readonly act: 'poison'; readonly key: string; readonly ms: number };

/** Whom a client asks: whichever node leads, one of the nodes, or a process that has lost its address. */
export type Addressee = 'leader' | NodeName | 'zombie';

export interface Step {
  /** Milliseconds after the step before. */
  readonly after: number;
  readonly act: Act;
}

export interface Schedule {
  readonly seed: number;
  readonly kind: Kind;
  /** How long dead records are kept. */
  readonly retentionMs: number;
  /** Whether the nodes heal by the next write at the end, or by the scheduled repair. */
  readonly healsBy: 'write' | 'repair';
  readonly steps: readonly Step[];
}

/**
 * `calm`: nothing goes wrong. `busy`: nothing goes wrong either, and writes and repairs come one upon the other.
 * `rough`: everything may go wrong. `late`: messages come so late that what they carry may have been deleted and
 * forgotten. `promotion`: the nodes change their roles, planned or not. `zombie`: a second process takes the place of a node
 * while the first lives on. `switchover`: nothing goes wrong, and the nodes change their roles. `alone`: the primary starts
 * again while its replica refuses connections, and meets it over a slow network.
 */
export type Kind = 'calm' | 'busy' | 'alone' | 'rough' | 'late' | 'promotion' | 'zombie' | 'switchover';

const KINDS: readonly Kind[] = [
  'calm',
  'switchover',
  'rough',
  'rough',
  'late',
  'late',
  'promotion',
  'promotion',
  'promotion',
  'zombie',
];
const NODES: readonly NodeName[] = ['a', 'b'];
const KEYS = ['a', 'b', 'c', 'd', 'e'];
const HOUR_MS = 3_600_000;

/** The schedule of a seed: always the same one. */
export function scheduleOf(seed: number): Schedule {
  const random = createRandom(seed + 0x5eed);
  const kind = random.pick(KINDS);
  const retentionMs = kind === 'late' ? random.int(200, 3000) : random.int(1000, 30_000);
  const jumpsBack = random.chance(0.5);
  const keys = KEYS.slice(0, random.int(1, KEYS.length));
  const steps: Step[] = [];
  const faults = kind === 'calm' ? 0 : kind === 'switchover' ? random.int(1, 4) : random.int(1, 14);
  const length = random.int(20, 60) + faults;
  for (let i = 0; i < length; i++) {
    const isFault = random.chance(faults / length);
    steps.push({
      after: pause(random),
      act: isFault ? fault(random, kind, keys, jumpsBack) : operation(random, kind, keys),
    });
  }
  if (kind === 'zombie') {
    steps.splice(random.int(5, length - 5), 0, { after: 0, act: { act: 'replace', node: random.pick(NODES) } });
  }
  return { seed, kind, retentionMs, healsBy: random.pick(['write', 'repair']), steps };
}

/** The busy schedule of a seed. */
function busyScheduleOf(seed: number): Schedule {
  const random = createRandom(seed + 0xb0_5e);
  const keys = KEYS.slice(0, random.int(1, 3));
  const steps = Array.from({ length: random.int(30, 60) }, (): Step => {
    const repair: Act = { act: 'repair', limitMs: 50_000, to: 'leader' };
    return { after: random.int(0, 12), act: random.chance(0.15) ? repair : operation(random, 'busy', keys) };
  });
  return { seed, kind: 'busy', retentionMs: 30_000, healsBy: 'repair', steps };
}

/** The schedule of a seed in which the primary starts alone. */
function aloneScheduleOf(seed: number): Schedule {
  const random = createRandom(seed + 0xa1_0e);
  const keys = KEYS.slice(0, random.int(1, KEYS.length));
  const operations = (count: number) =>
    Array.from({ length: count }, (): Step => ({ after: pause(random), act: operation(random, 'alone', keys) }));
  const cut: Act = { act: 'cut', how: 'refused', to: 'b', ms: random.int(3500, 9000) };
  const network: Act = { act: 'network', quality: { ...quality(random, 'alone'), maxDelayMs: 400 }, ms: 20_000 };
  const faults: Act[] = [cut, network, { act: 'crash', node: 'a', ms: random.int(0, 500) }];
  const restart = faults.map((act): Step => ({ after: 0, act }));
  const steps = [...operations(random.int(5, 20)), ...restart, ...operations(random.int(20, 60))];
  return { seed, kind: 'alone', retentionMs: 30_000, healsBy: random.pick(['write', 'repair']), steps };
}

/** The schedules of the kinds that a seed gives on request only. */
const ON_REQUEST: Partial<Record<Kind, (seed: number) => Schedule>> = { busy: busyScheduleOf, alone: aloneScheduleOf };

export function isOnRequest(kind: Kind): boolean {
  return kind in ON_REQUEST;
}

/** The schedule of a seed. @param kind `busy`, `alone`; else one of the others, as the seed has it */
export function scheduleOfKind(kind: Kind | undefined, seed: number): Schedule {
  return (ON_REQUEST[kind ?? 'calm'] ?? scheduleOf)(seed);
}

/** The first schedules of a kind, from seed 1 on; without a kind of those that a seed picks. */
export function* schedulesOf(kind: Kind | undefined, count: number): Generator<Schedule> {
  for (let seed = 1, found = 0; found < count; seed++) {
    const schedule = scheduleOfKind(kind, seed);
    if (kind !== undefined && schedule.kind !== kind) continue;
    found++;
    yield schedule;
  }
}

/** Whether nothing goes wrong in it, so that a repair never finds a difference. */
export function isUndisturbed(kind: Kind): boolean {
  return kind === 'calm' || kind === 'busy';
}

function pause(random: Random): number {
  if (random.chance(0.5)) return random.int(0, 4);
  return random.chance(0.9) ? random.int(0, 300) : random.int(0, 5000);
}

function operation(random: Random, kind: Kind, keys: readonly string[]): Act {
  const to = addressee(random, kind);
  const key = random.pick(keys);
  if (random.chance(0.2)) return { act: 'read', key, to };
  if (random.chance(0.12))
    return {
      act: 'repair',
      limitMs: isUndisturbed(kind) || kind === 'switchover' ? 50_000 : random.pick([50, 25_000, 50_000]),
      to,
    };
  if (kind === 'promotion' && random.chance(0.03)) return { act: 'dismiss', to };
  const wish = random.pick(['always', 'always', 'if absent', 'if there', 'if seen', 'if stale'] as const);
  const isDeletion = random.chance(kind === 'late' ? 0.45 : 0.25);
  const ttl = !isDeletion && random.chance(0.15) ? random.int(1, 5) : undefined;
  return { act: 'write', write: { key, isDeletion, wish, ...(ttl !== undefined && { ttl }) }, to };
}

function addressee(random: Random, kind: Kind): Addressee {
  if (kind === 'zombie' && random.chance(0.4)) return 'zombie';
  return random.chance(0.8) ? 'leader' : random.pick(NODES);
}

function fault(random: Random, kind: Kind, keys: readonly string[], jumpsBack: boolean): Act {
  const ms = random.chance(0.7) ? random.int(50, 3000) : random.int(3000, 12_000);
  const node = random.pick(NODES);
  if (kind === 'switchover') return { act: 'promote', node, force: false };
  if (kind === 'promotion' && random.chance(0.4)) return { act: 'promote', node, force: random.chance(0.6) };
  switch (kind === 'late' && random.chance(0.7) ? 0 : random.int(0, 9)) {
    case 0:
      return { act: 'network', quality: quality(random, kind), ms };
    case 1:
    case 2:
      return { act: 'crash', node, ms: random.chance(0.6) ? random.int(0, 500) : ms };
    case 3:
      return { act: 'cut', how: random.pick(['refused', 'silent']), to: random.pick(['both', 'both', 'a', 'b']), ms };
    case 4:
      return { act: 'slow', slowness: random.int(500, 5000), ms };
    case 5:
      return { act: 'poison', key: random.pick(keys), ms };
    case 6:
      return { act: 'jump', node, ms: jump(random, jumpsBack) };
    case 7:
      return { act: 'stall', node, ms };
    case 8:
      return { act: 'promote', node, force: random.chance(0.5) };
    default:
      return { act: 'repair', limitMs: 25_000, to: 'leader' };
  }
}

function jump(random: Random, back: boolean): number {
  const size = random.chance(0.5) ? random.int(1, 5000) : random.int(1, 48 * HOUR_MS);
  return back ? -size : size;
}

function quality(random: Random, kind: Kind): Quality {
  const some = () => (random.chance(0.5) ? 0 : random.next() * 0.4);
  return {
    lostRequest: some(),
    lostReply: some(),
    duplicate: some(),
    maxDelayMs: random.pick([5, 50, 400, 2500]),
    late: kind === 'late' ? 0.3 : some() / 2,
    maxLateMs: random.chance(0.8) ? random.int(500, 12_000) : random.int(12_000, 90_000),
  };
}
