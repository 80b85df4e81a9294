// The addresses that a client was given, and what it has learnt of them: which of the two leads, and which answers faster.
import type { NodeName, ReadFrom } from './options.ts';

export interface Address {
  readonly name: NodeName;
  readonly url: string;
}

/** What a new time of answering counts for beside those before. */
const NEW_SHARE = 0.2;
/** Reads of `nearest` after which one asks the node that was slower: it may be faster by now. */
const LOOK_EVERY = 50;

export class Addresses {
  readonly all: readonly Address[];
  readonly #allReversed: readonly Address[];
  #leader: Address;
  /** How long each takes to answer, in milliseconds, smoothed; those that were asked yet. */
  readonly #answerMs = new Map<Address, number>();
  #reads = 0;

  constructor(primary: string, replica: string | undefined) {
    this.#leader = { name: 'primary', url: primary };
    this.all = [this.#leader, ...(replica === undefined ? [] : [{ name: 'replica' as const, url: replica }])];
    this.#allReversed = [...this.all].reverse();
  }

  /** The node that leads, as far as is known. */
  get leader(): Address {
    return this.#leader;
  }

  /** @throws TypeError when no such address was given */
  named(name: NodeName): Address {
    const address = this.all.find((each) => each.name === name);
    if (address) return address;
    throw new TypeError(`This client was given no address of the ${name}.`);
  }

  other(address: Address): Address | undefined {
    return this.all.find((each) => each !== address);
  }

  leads(address: Address): void {
    this.#leader = address;
  }

  /** Has said that it does not lead: so the other one may. */
  doesNotLead(address: Address): void {
    if (this.#leader === address) this.#leader = this.other(address) ?? address;
  }

  answeredIn(address: Address, ms: number): void {
    const before = this.#answerMs.get(address);
    const hasHistory = before !== undefined && before !== Number.POSITIVE_INFINITY;
    this.#answerMs.set(address, hasHistory ? before + NEW_SHARE * (ms - before) : ms);
  }

  /** It counts as the slower one until it answers again. */
  gaveNoAnswer(address: Address): void {
    this.#answerMs.set(address, Number.POSITIVE_INFINITY);
  }

  /** Whom a read asks, in this order. */
  inOrder(readFrom: ReadFrom): readonly Address[] {
    const first = this.#firstFor(readFrom);
    return first === this.all[0] ? this.all : this.#allReversed;
  }

  #firstFor(readFrom: ReadFrom): Address {
    const leader = this.#leader;
    const other = this.other(leader);
    if (readFrom === 'primary' || other === undefined) return leader;
    return readFrom === 'replica' || this.#isFaster(other, leader) ? other : leader;
  }

  #isFaster(one: Address, another: Address): boolean {
    const [ms, anotherMs] = [this.#answerMs.get(one), this.#answerMs.get(another)];
    // Both are tried before one is preferred.
    if (ms === undefined || anotherMs === undefined) return ms === undefined;
    const isFaster = ms < anotherMs;
    return ++this.#reads % LOOK_EVERY === 0 ? !isFaster : isFaster;
  }
}
