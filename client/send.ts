// Has a node do what a call wants: follows the lead, and tries again within the limits of the client. Everything that a client asks
// goes through here.
import type { Address, Addresses } from './addresses.ts';
import type { Answered, Call, Send } from './call.ts';
import { failureOf } from './failure.ts';
import type { Settings } from './options.ts';
import { Pauses } from './pauses.ts';
import { ask, NoAnswer, type Reply } from './request.ts';
import type { Surroundings } from './surroundings.ts';
import { type Refusal, refusalIn, refusalOf, roleIn } from './verdict.ts';

/**
 * The longest pause before a write whose answer was lost is sent again, in milliseconds. It is short, since a record forgets the name
 * of the write once 32 other clients have written its key.
 */
const LOST_PAUSE_MS = 100;

export function sender(settings: Settings, addresses: Addresses, surroundings: Surroundings): Send {
  return (call) => new Sending(call, settings, addresses, surroundings).run();
}

/** One call, from its first request to its last. */
class Sending {
  readonly #call: Call;
  readonly #settings: Settings;
  readonly #addresses: Addresses;
  readonly #surroundings: Surroundings;
  /** Most calls need none. */
  #pauses: Pauses | undefined;
  readonly #endsAt: number;
  #attempts = 0;
  #mayBeDone = false;

  constructor(call: Call, settings: Settings, addresses: Addresses, surroundings: Surroundings) {
    this.#call = call;
    this.#settings = settings;
    this.#addresses = addresses;
    this.#surroundings = surroundings;
    const { retry, timeoutMs } = settings;
    // Without further tries: time for one answer of each node.
    const limitMs = retry?.limitMs ?? timeoutMs * addresses.all.length;
    this.#endsAt = surroundings.elapsed() + limitMs + (call.waitMs ?? 0);
  }

  async run(): Promise<Answered> {
    for (;;) {
      const refusals: Refusal[] = [];
      for (const address of this.#order()) {
        const answer = await this.#ask(address);
        if (!('kind' in answer)) return answer;
        refusals.push(answer);
        if (answer.kind === 'refused' || !this.#mayAskNext(answer)) break;
      }
      const pauseMs = this.#pauseAfter(refusals);
      if (pauseMs === undefined) throw failureOf(refusals, { attempts: this.#attempts, mayBeDone: this.#mayBeDone });
      await this.#surroundings.sleep(pauseMs, this.#call.signal);
    }
  }

  #order(): readonly Address[] {
    const { to } = this.#call;
    if (typeof to === 'object') return [to];
    return this.#addresses.inOrder(to === 'leader' ? 'primary' : to);
  }

  async #ask(address: Address): Promise<Answered | Refusal> {
    const { request, write, waitMs = 0, signal } = this.#call;
    signal?.throwIfAborted();
    this.#attempts++;
    const askedAt = this.#surroundings.elapsed();
    const timeoutMs = Math.min(this.#settings.timeoutMs + waitMs, Math.max(1, this.#endsAt - askedAt));
    try {
      const asked = typeof request === 'function' ? request(address) : request;
      const reply = await ask(address.url, asked, this.#settings, timeoutMs, signal);
      // How long a node waits for news, or for its replica, says nothing of how near it is.
      if (write === undefined && waitMs === 0)
        this.#addresses.answeredIn(address, this.#surroundings.elapsed() - askedAt);
      return this.#judge(reply, address);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.#addresses.gaveNoAnswer(address);
      return this.#noted(refusalOf(this.#call, error, address.url));
    }
  }

  #judge(reply: Reply, from: Address): Answered | Refusal {
    const refusal = refusalIn(this.#call, reply, from.url);
    if (refusal?.doesNotLead || roleIn(reply) === 'replica') this.#addresses.doesNotLead(from);
    if (refusal) return this.#noted(refusal);
    if (this.#call.to === 'leader') this.#addresses.leads(from);
    return { ...reply, from };
  }

  #noted(refusal: Refusal): Refusal {
    this.#mayBeDone ||= refusal.mayBeDone;
    return refusal;
  }

  /** Without further tries the other node is asked only where this one has pointed there. */
  #mayAskNext({ kind }: Refusal): boolean {
    const { retry } = this.#settings;
    return retry === undefined ? kind === 'elsewhere' : this.#hasTriesLeft(retry.attempts, 0);
  }

  /** @returns `undefined`: it is not tried again */
  #pauseAfter(refusals: readonly Refusal[]): number | undefined {
    const { retry } = this.#settings;
    const last = refusals.at(-1)?.kind;
    const isOver = last === 'refused' || (last === 'elsewhere' && this.#order().length === 1);
    if (retry === undefined || isOver) return undefined;
    this.#pauses ??= new Pauses(retry, this.#surroundings.random);
    const pauseMs =
      this.#pauses.next(this.#mayBeDone ? LOST_PAUSE_MS : undefined) +
      Math.max(...refusals.map(({ retryAfterMs }) => retryAfterMs));
    return this.#hasTriesLeft(retry.attempts, pauseMs) ? pauseMs : undefined;
  }

  #hasTriesLeft(attempts: number, pauseMs: number): boolean {
    return this.#attempts < attempts && this.#surroundings.elapsed() + pauseMs < this.#endsAt;
  }
}
