// The faults of a node: what each kind does there, what is on in words, and the lists that PUT /faults takes.
import type { FaultKind } from '../../lib/fault-kind.ts';
import type { Role } from '../../lib/role.ts';
import { age, count } from './words.ts';

/** As PUT and POST /faults take it. */
export interface Fault {
  readonly kind: FaultKind;
  readonly keyPrefix: string;
  readonly probability: number;
  /** How often it acts; `null`: without a limit. */
  readonly count: number | null;
  readonly delayMs: number;
  /** Seconds. */
  readonly ttl: number;
}

/** As a node tells it. */
export interface ToldFault extends Fault {
  /** A node that tells one can take this fault away alone. */
  readonly id?: string;
  readonly expiresAt: string;
}

/** The answer of GET /faults. */
export interface FaultsTold {
  readonly faults: readonly ToldFault[];
  readonly always: readonly { readonly kind: FaultKind; readonly value: unknown }[];
}

/** What each kind does, by the role of the node. */
export const EFFECTS: Readonly<Record<Role, Readonly<Record<FaultKind, string>>>> = {
  primary: {
    error: 'It refuses to send the record.',
    delay: 'It waits before it sends.',
    drop_request: 'What it sends is lost on the way.',
    drop_reply: 'What it sends arrives, the answer is lost.',
    duplicate: 'It sends everything twice.',
  },
  replica: {
    error: 'It answers 500, and does not take it.',
    delay: 'It waits before it takes the record.',
    drop_request: 'What arrives is lost before it is read.',
    drop_reply: 'It takes the record, its answer is lost.',
    duplicate: 'It takes everything twice.',
  },
};

export const KINDS = Object.keys(EFFECTS.primary) as readonly FaultKind[];

const timeLeft = ({ expiresAt }: ToldFault, now: number) => Math.max(0, Date.parse(expiresAt) - now);

/** As PUT /faults takes it: with the time it has left, because a PUT starts the time of every fault again. */
const kept = (fault: ToldFault, now: number): Fault => {
  const { expiresAt: _, id: __, ...rest } = fault;
  return { ...rest, ttl: Math.max(1, Math.ceil(timeLeft(fault, now) / 1000)) };
};

/** @param now in milliseconds */
export const withFault = (faults: readonly ToldFault[], fault: Fault, now: number): Fault[] => [
  ...faults.map((each) => kept(each, now)),
  fault,
];

/** @param now in milliseconds */
export const withoutKind = (faults: readonly ToldFault[], kind: FaultKind, now: number): Fault[] =>
  faults.filter((fault) => fault.kind !== kind).map((each) => kept(each, now));

/** What it acts on, and what is left of it. @param now in milliseconds */
export function describeFault(fault: ToldFault, now: number): string {
  const { kind, keyPrefix, probability, count: times, delayMs } = fault;
  return [
    keyPrefix === '' ? 'any key' : `keys ${keyPrefix}…`,
    ...(kind === 'delay' ? [`${delayMs.toLocaleString('en')} ms`] : []),
    ...(probability < 1 ? [`probability ${probability}`] : []),
    ...(times === null ? [] : [`${count(times, 'time')} left`]),
    `${age(timeLeft(fault, now))} left`,
  ].join(' · ');
}
