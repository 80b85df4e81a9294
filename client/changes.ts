// Follows what changes on one node: each key with its newest state, in the order in which that came to this node.
import type { Address } from './addresses.ts';
import type { Change } from './answers.ts';
import type { Answered } from './call.ts';
import type { CallOptions, Context } from './context.ts';
import { isTandemError } from './error.ts';
import { withQuery } from './key-path.ts';
import type { NodeName, ReadFrom } from './options.ts';
import { pageIn, withEtag } from './tagged.ts';

export interface ChangesOptions extends CallOptions {
  /** Only of keys that begin so. */
  readonly prefix?: string;
  /** The `cursor` of a feed before: goes on there. `now`: from here. Absent: from the beginning, with every key that there is. */
  readonly since?: string;
  /** Whether values are read, too. */
  readonly values?: boolean;
  /** Whom to follow, in place of what the client reads from. With a cursor: the node that gave it, whatever is said here. */
  readonly readFrom?: ReadFrom;
  /**
   * What to do when the node does not know the cursor any more, and so cannot tell what was missed. `throw`, as unless given:
   * `cursor_gone`. `begin-again`: from the beginning, with every key that there is; a deletion that was missed is not told.
   */
  readonly whenGone?: 'throw' | 'begin-again';
}

/** What a node is asked to wait for news, in seconds. A deployed node may wait less. */
const WAIT_SECONDS = 20;
/** The shortest time from one question without news to the next, in milliseconds: of a node that does not wait. */
const POLL_MS = 1000;
/** Changes in one answer. */
const MOST = 1000;
const NOW = 'now';
const END = { done: true, value: undefined } as const;

interface Page<T> {
  readonly changes: readonly Omit<Change<T>, 'etag'>[];
  readonly next: string;
}

/**
 * Changes, as they come. It goes on by itself when its node has restarted. It ends with the loop that reads it, and throws the reason
 * of its signal, or a TandemError: `cursor_gone`; `unreachable` when its node does not answer for as long as a call may take.
 */
export class ChangeFeed<T> implements AsyncIterableIterator<Change<T>, void, undefined> {
  readonly #context: Context;
  readonly #options: ChangesOptions;
  readonly #ended = new AbortController();
  #waiting: Change<T>[] = [];
  #node: Address | undefined;
  #cursor: string | undefined;
  /** Behind those that wait here. */
  #next: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(context: Context, options: ChangesOptions) {
    this.#context = context;
    this.#options = options;
    this.#cursor = options.since;
    this.#next = options.since;
    const { signal } = options;
    signal?.addEventListener('abort', () => this.#ended.abort(signal.reason), {
      once: true,
      signal: this.#ended.signal,
    });
    if (signal?.aborted) this.#ended.abort(signal.reason);
  }

  /**
   * Where a feed goes on that begins behind the changes which were taken from this one, also in another process: save it once they are
   * dealt with, and each change is seen at least once. `undefined` before the first answer of a feed from the beginning.
   */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** The node that is followed: a cursor belongs to one. `undefined` before its first answer. */
  get node(): NodeName | undefined {
    return this.#node?.name;
  }

  /** Resolves once the node has said where the feed begins: with `since: 'now'`, whatever changes from then on is told. */
  ready(): Promise<void> {
    return this.#inTurn(async () => {
      while (this.#node === undefined && !this.#isOver) await this.#fill();
    }, undefined);
  }

  /** Waits for the next change. */
  next(): Promise<IteratorResult<Change<T>, void>> {
    return this.#inTurn(async () => {
      while (this.#waiting.length === 0 && !this.#isOver) await this.#fill();
      return this.#take();
    }, END);
  }

  /** Ends it, also while it waits. */
  async return(): Promise<IteratorResult<Change<T>, void>> {
    this.#isOver = true;
    this.#ended.abort();
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One after the other. An error ends the feed. @param whenOver for what was under way when the feed was ended */
  #inTurn<R>(act: () => Promise<R>, whenOver: R): Promise<R> {
    const done = this.#turn.then(act).catch((error) => {
      if (this.#isOver) return whenOver;
      this.#isOver = true;
      throw error;
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  #take(): IteratorResult<Change<T>, void> {
    const change = this.#isOver ? undefined : this.#waiting.shift();
    if (change === undefined) return END;
    if (this.#waiting.length === 0) this.#cursor = this.#next;
    return { done: false, value: change };
  }

  async #fill(): Promise<void> {
    const { elapsed, sleep } = this.#context.surroundings;
    // What changes while a question from now on is lost on its way would be missed: so that one does not wait.
    const waitSeconds = this.#next === NOW ? 0 : WAIT_SECONDS;
    const askedAt = elapsed();
    const answered = await this.#ask(waitSeconds);
    if (answered === undefined) return;
    const { changes, next } = pageIn<Page<T>>(answered, 'changes');
    this.#node = answered.from;
    this.#next = next;
    this.#waiting = changes.map(withEtag) as Change<T>[];
    if (changes.length > 0) return;
    this.#cursor = next;
    const restMs = POLL_MS - (elapsed() - askedAt);
    if (waitSeconds > 0 && restMs > 0) await sleep(restMs, this.#ended.signal);
  }

  /** @returns `undefined`: the cursor is gone, and the feed begins again */
  async #ask(waitSeconds: number): Promise<Answered | undefined> {
    const { whenGone = 'throw' } = this.#options;
    try {
      if (this.#node) return await this.#askAt(this.#node, waitSeconds);
      if (this.#next === undefined || this.#next === NOW) return await this.#askAt(this.#readFrom, waitSeconds);
      return await this.#askTheGiver(waitSeconds);
    } catch (error) {
      if (whenGone === 'throw' || !isTandemError(error, 'cursor_gone')) throw error;
      this.#next = undefined;
      return undefined;
    }
  }

  /** Only the node that gave a cursor knows it. @throws TandemError `cursor_gone` when neither does, or why that could not be asked */
  async #askTheGiver(waitSeconds: number): Promise<Answered> {
    const errors: unknown[] = [];
    for (const address of this.#context.addresses.inOrder(this.#readFrom)) {
      try {
        return await this.#askAt(address, waitSeconds);
      } catch (error) {
        errors.push(error);
      }
    }
    throw errors.find((error) => !isTandemError(error, 'cursor_gone')) ?? errors[0];
  }

  #askAt(to: Address | ReadFrom, waitSeconds: number): Promise<Answered> {
    const { prefix, values } = this.#options;
    const query = { since: this.#next, prefix, values, limit: MOST, wait: waitSeconds };
    return this.#context.send({
      to,
      request: { method: 'GET', path: withQuery('/changes', query) },
      waitMs: waitSeconds * 1000,
      signal: this.#ended.signal,
    });
  }

  get #readFrom(): ReadFrom {
    return this.#options.readFrom ?? this.#context.settings.readFrom;
  }
}
