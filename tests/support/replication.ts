// A primary with a peer that the test plays, and a clock that the test moves.
import type { Clock } from '../../lib/clock.ts';
import type { TandemError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { type Contact, newContact } from '../../lib/replication/contact.ts';
import { type Contents, createContents } from '../../lib/replication/contents.ts';
import { type Batch, type BatchAnswer, type Peer, PeerError, type RecordAnswer } from '../../lib/replication/peer.ts';
import { createPrimary, type Primary } from '../../lib/replication/primary.ts';
import { reignInMemory } from '../../lib/replication/reign.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import type { Store } from '../../lib/store/store.ts';

export const START = 1_763_790_000_000;

export class TestClock implements Clock {
  time = START;
  now(): number {
    return this.time;
  }
  elapsed(): number {
    return this.time;
  }
  sleep(_ms?: number): Promise<void> {
    return new Promise(() => {});
  }
}

/** Records every batch; answers as `answer` says, or applies to `store` as a replica would. */
export class TestPeer implements Peer {
  store: Store;
  readonly batches: Batch[] = [];
  /** Why the replica does not answer, while it does not. */
  down: string | undefined;
  /** Why it refuses a record, if it does. */
  refuses: (key: string) => string | undefined = () => undefined;
  /** While set, answers wait for it. */
  gate: Promise<void> | undefined;

  /** Why it does not answer questions of a comparison, while it does not. */
  questionsFail: string | undefined;
  onQuestion: () => void = () => {};

  readonly bytes = 0;
  #contents: Contents;

  constructor(store: Store = memoryStore(1e9)) {
    this.store = store;
    this.#contents = createContents(store, true);
  }

  digest: Peer['digest'] = (question) => this.#ask(() => this.#contents.digest(question));
  stamps: Peer['stamps'] = (question) => this.#ask(() => this.#contents.stamps(question));
  records: Peer['records'] = (question) => this.#ask(() => this.#contents.records(question));

  async #ask<T>(answer: () => Promise<T>): Promise<T> {
    this.onQuestion();
    const reason = this.down ?? this.questionsFail;
    if (reason !== undefined) throw new PeerError(reason);
    try {
      return await answer();
    } catch (error) {
      const { highestEpoch, isOver } = (error as TandemError).extra as { highestEpoch?: number; isOver?: boolean };
      throw new PeerError(`${error}`, highestEpoch, isOver);
    }
  }

  /** Loses what it held: from now on `store`, empty by default, is in its place. */
  replaceStore(store: Store = memoryStore(1e9)): void {
    this.store = store;
    this.#contents = createContents(store, true);
  }

  async replicate(batch: Batch): Promise<BatchAnswer> {
    this.batches.push(batch);
    await this.gate;
    if (this.down !== undefined) throw new PeerError(this.down);
    const answers: RecordAnswer[] = [];
    for (const drop of batch.drops ?? []) await this.store.drop(drop.key, drop, batch.horizon ?? 0);
    for (const record of batch.records) {
      const error = this.refuses(record.key);
      answers.push(error === undefined ? { outcome: await this.store.apply(record) } : { outcome: 'failed', error });
    }
    return { id: this.store.id, answers };
  }

  /** The keys of each batch so far. */
  get keys(): string[][] {
    return this.batches.map(({ records }) => records.map(({ key }) => key));
  }
}

export interface TestPrimary {
  readonly primary: Primary;
  readonly store: Store;
  readonly peer: TestPeer;
  readonly clock: TestClock;
  /** What was logged as an error. */
  readonly logged: string[];
  put(key: string, value?: unknown): ReturnType<Primary['write']>;
  status(key: string): Promise<string | undefined>;
}

export const RETENTION_MS = 24 * 60 * 60 * 1000;

/** @param known what is known of the replica; without it, that it holds the same */
export function testPrimary(store: Store = memoryStore(1e9), known?: Contact): TestPrimary {
  const peer = new TestPeer();
  const clock = new TestClock();
  const logged: string[] = [];
  const log: Log = { warn: () => {}, error: (message, _fields, error) => void logged.push(`${message}: ${error}`) };
  const primary = createPrimary({
    store,
    peer,
    clock,
    random: () => 0.5,
    log,
    reign: reignInMemory(START),
    contact: known ?? newContact({ id: peer.store.id, at: START }),
    retentionMs: RETENTION_MS,
  });
  return {
    primary,
    store,
    peer,
    clock,
    logged,
    put: (key, value = key) => primary.write({ key, value: JSON.stringify(value) }),
    status: async (key) => (await store.get(key))?.replication?.status,
  };
}
