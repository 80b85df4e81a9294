// Many operations in few requests. Each is done or refused by itself, as if it were a request of its own: a batch is not one step.
import type { Stamp, Written } from './answers.ts';
import type { Answered, Call } from './call.ts';
import type { CallOptions, Context } from './context.ts';
import type { ErrorCode } from './error.ts';
import { failureOf } from './failure.ts';
import { bodyOf, type Operation, type Pending, pendingOf, type ResultOf, requestsOf, writtenIn } from './operations.ts';
import type { ReadFrom } from './options.ts';
import { Pauses } from './pauses.ts';
import { receiptOf } from './receipt.ts';
import type { Reply } from './request.ts';
import { pageIn, withEtag } from './tagged.ts';
import { type Refusal, refusalIn } from './verdict.ts';

export interface BatchOptions extends CallOptions {
  /** Whom to ask where nothing is written, in place of what the client reads from. */
  readonly readFrom?: ReadFrom;
  /** As of a write. */
  readonly respondAsync?: boolean;
}

/** What became of each operation, in their order. A `reason` is a TandemError. */
export type BatchResults<Operations extends readonly Operation[]> = {
  -readonly [I in keyof Operations]: PromiseSettledResult<ResultOf<Operations[I]>>;
};

/** What HTTP would have answered: the status, and the body. */
interface Result {
  readonly status: number;
  readonly code?: string;
  readonly replicationStatus?: Written['status'];
}

/**
 * @param operations any number: sent in requests of 100 operations and 1 MiB at most, with one write of a key each, one after the other
 * @throws TandemError where a whole request fails: of what it carried, and what comes after that, it is not told what became of it
 */
export async function batch<const Operations extends readonly Operation[]>(
  context: Context,
  operations: Operations,
  options: BatchOptions = {},
): Promise<BatchResults<Operations>> {
  const names = context.settings.retry && context.nextIdempotencyKey;
  const results: PromiseSettledResult<unknown>[] = [];
  for (const pending of requestsOf(pendingOf(operations, names), names !== undefined)) {
    const run = () => new Batch(context, options, results).run(pending);
    const keys = names ? writtenIn(pending) : [];
    await context.turns.take(keys, options.signal, run);
  }
  return results as BatchResults<Operations>;
}

/** Those that are to be sent again, each with the reason. */
type Later = ReadonlyMap<Pending, Refusal>;

/** One request, and again with what was refused for the moment. */
class Batch {
  readonly #context: Context;
  readonly #options: BatchOptions;
  readonly #results: PromiseSettledResult<unknown>[];
  #attempts = 0;

  /** @param results each is put in its place there */
  constructor(context: Context, options: BatchOptions, results: PromiseSettledResult<unknown>[]) {
    this.#context = context;
    this.#options = options;
    this.#results = results;
  }

  async run(all: readonly Pending[]): Promise<void> {
    const { settings, surroundings } = this.#context;
    const pauses = settings.retry && new Pauses(settings.retry, surroundings.random);
    const endsAt = surroundings.elapsed() + (settings.retry?.limitMs ?? 0);
    for (let pending = all; pending.length > 0; ) {
      const call = this.#callFor(pending);
      const answered = await this.#context.send(call);
      this.#attempts++;
      const later = this.#settle(pending, answered, call);
      if (later.size === 0) return;
      pending = [...later.keys()];
      if (this.#isAtOnce(later)) continue;
      const pauseMs = pauses?.next();
      if (pauseMs === undefined || surroundings.elapsed() + pauseMs > endsAt) return this.#giveUp(later);
      await surroundings.sleep(pauseMs, this.#options.signal);
    }
  }

  /** The first read has always room, and the other node is pointed to once: so this comes to an end. */
  #isAtOnce(later: Later): boolean {
    const refusals = [...later.values()];
    return refusals.every(hadNoRoom) || (this.#attempts === 1 && refusals.every(({ doesNotLead }) => doesNotLead));
  }

  #callFor(pending: readonly Pending[]): Call {
    const { settings, ownWrites } = this.#context;
    const { signal, respondAsync = false, readFrom = settings.readFrom } = this.#options;
    const request = {
      method: 'POST',
      path: '/batch',
      body: bodyOf(pending),
      ...(respondAsync && { headers: { prefer: 'respond-async' } }),
    } as const;
    if (pending.some(({ operation: { op } }) => op !== 'get'))
      return { to: 'leader', request, write: settings.retry ? 'repeatable' : 'once', signal };
    const isOwn =
      settings.readsOwnWrites && pending.some(({ operation: { key } }) => ownWrites.etagOf(key) !== undefined);
    return { to: isOwn ? 'primary' : readFrom, request, signal };
  }

  /** @returns what is to be sent again, in its order */
  #settle(pending: readonly Pending[], answered: Answered, call: Call): Later {
    const { results } = pageIn<{ readonly results: readonly Result[] }>(answered, 'results');
    const replies = pending.map((each, i): [Pending, Reply, Refusal | undefined] => {
      const reply = { status: results[i]?.status ?? 500, headers: answered.headers, body: results[i] };
      return [each, reply, refusalIn({ ...call, expects: EXPECTED[each.operation.op] }, reply, answered.from.url)];
    });
    const misdirected = replies.find(([, , refusal]) => refusal?.doesNotLead)?.[2];
    if (misdirected) this.#context.addresses.doesNotLead(answered.from);
    const done = new Set<string>();
    const later: [Pending, Refusal][] = [];
    for (const [each, reply, refused] of replies.reverse()) {
      const { op, key } = each.operation;
      // What a replica holds may be older than what the writes before it have seen.
      const refusal = refused ?? (op === 'get' ? misdirected : undefined);
      if (refusal === undefined) {
        done.add(key);
        this.#results[each.index] = { status: 'fulfilled', value: this.#valueOf(each.operation, reply, answered) };
      } else if (!done.has(key) && (refusal.kind !== 'refused' || (op === 'get' && hadNoRoom(refusal)))) {
        later.push([each, refusal]);
      } else {
        // Done again it would come after what was to come after it.
        this.#reject(each, refusal);
      }
    }
    return new Map(later.reverse());
  }

  #valueOf({ op }: Operation, { status, body }: Reply, { headers, from }: Answered): unknown {
    if (status === 404) return undefined;
    const { status: _, replicationStatus, ...rest } = body as Result & Stamp;
    if (op === 'get') return { ...withEtag(rest), receipt: receiptOf(headers, from.url) };
    const written = withEtag({ ...rest, status: replicationStatus }) as unknown as Written;
    this.#context.ownWrites.wrote(written);
    return written;
  }

  #giveUp(later: Later): void {
    for (const [each, refusal] of later) this.#reject(each, refusal);
  }

  #reject({ index }: Pending, refusal: Refusal): void {
    const facts = { attempts: this.#attempts, mayBeDone: refusal.mayBeDone };
    this.#results[index] = { status: 'rejected', reason: failureOf([refusal], facts) };
  }
}

/** What is no error of an operation. */
const EXPECTED: Readonly<Record<Operation['op'], readonly ErrorCode[]>> = {
  get: ['key_not_found'],
  put: [],
  delete: ['key_not_found'],
  increment: [],
  merge: [],
  touch: ['key_not_found'],
};

/** Of a read: the values before it have filled the answer. */
function hadNoRoom({ problem }: Refusal): boolean {
  return problem.code === 'value_too_large';
}
