// Failures switched on deliberately, to see what happens. Each has a time to live, so that none is forgotten.
import { nodeCrypto } from '../builtin.ts';
import type { Clock } from '../clock.ts';
import type { FaultKind } from '../fault-kind.ts';
import type { StoredRecord } from '../record.ts';

export interface Fault {
  readonly kind: FaultKind;
  /** Acts on a batch that has a key with this prefix; an error, only on these records. */
  readonly keyPrefix: string;
  /** How often it acts, from 0 to 1. */
  readonly probability: number;
  /** How many times it acts at most; null: no limit. */
  readonly count: number | null;
  readonly delayMs: number;
  /** Seconds until it is switched off. */
  readonly ttl: number;
}

export interface ActiveFault extends Fault {
  /** Names it, among all that there have been on both nodes. */
  readonly id: string;
  /** Milliseconds. */
  readonly expiresAt: number;
}

export interface Faults {
  /** The faults that are on, with what is left of their counts. */
  list(): readonly ActiveFault[];
  /** Switches these on and all others off. */
  set(faults: readonly Fault[]): void;
  /** Switches one more on. */
  add(fault: Fault): ActiveFault;
  /** Switches one off. @returns `false` when there is none with this id, any more */
  remove(id: string): boolean;
  /** The fault of this kind that acts on one of these records now, if any; it is counted as used. */
  take(kind: FaultKind, records: readonly StoredRecord[]): Fault | undefined;
  /** Why the replica refuses a record on purpose, in the words of its status; `undefined` if it does not. */
  errorOf(record: StoredRecord): string | undefined;
  /** Whether the link is cut: requests are dropped, always, and whatever they carry. */
  cutsLink(): boolean;
}

/** The value that makes a replica refuse its record, always: the fault that anyone can switch on with a PUT. */
export const FAIL_VALUE = '"__fail__"';

/** Takes note that a fault has acted on these records. */
export type Acted = (kind: FaultKind, records: readonly StoredRecord[]) => void;

/** @param random a number from 0 to below 1 */
export function createFaults(clock: Clock, random: () => number, acted: Acted = () => {}): Faults {
  let active: ActiveFault[] = [];

  function activeFrom(fault: Fault): ActiveFault {
    return { ...fault, expiresAt: clock.now() + fault.ttl * 1000, id: nodeCrypto().randomUUID() };
  }

  function list(): readonly ActiveFault[] {
    const now = clock.now();
    active = active.filter(({ expiresAt, count }) => expiresAt > now && count !== 0);
    return active;
  }

  const faults: Faults = {
    list,
    cutsLink: () =>
      list().some(({ kind, keyPrefix, probability, count }) => {
        return kind === 'drop_request' && keyPrefix === '' && probability === 1 && count === null;
      }),
    set(all) {
      active = all.map(activeFrom);
    },
    add(fault) {
      const added = activeFrom(fault);
      active = [...list(), added];
      return added;
    },
    remove(id) {
      const isThere = list().some((fault) => fault.id === id);
      active = active.filter((fault) => fault.id !== id);
      return isThere;
    },
    take(kind, records) {
      const found = list().find(
        (fault) =>
          fault.kind === kind &&
          records.some(({ key }) => key.startsWith(fault.keyPrefix)) &&
          random() < fault.probability,
      );
      if (found?.count != null) {
        active = active.map((fault) => (fault === found ? { ...fault, count: (fault.count ?? 1) - 1 } : fault));
      }
      if (found) acted(kind, records);
      return found;
    },
    errorOf(record) {
      if (record.value !== FAIL_VALUE) return faults.take('error', [record]) && 'replica answered 500 (fault: error)';
      acted('error', [record]);
      return 'replica answered 500 (the value is "__fail__")';
    },
  };
  return faults;
}
