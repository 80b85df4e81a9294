// A primary with a peer that the test plays, and a clock that the test moves.
import type { Clock } from '../../lib/clock.ts';
import type { TandemError } from '../../lib/errors.ts';
import { type Peer, PeerError } from '../../lib/peer/peer.ts';
import type { Batch, BatchAnswer, Handshake, RecordAnswer, Refusal } from '../../lib/peer/wire.ts';
import { fixedEpoch } from '../../lib/replication/current-epoch.ts';
import { createPrimary, type Primary } from '../../lib/replication/primary.ts';
import { ReplicaState } from '../../lib/replication/replica-state.ts';
import { type DigestServer, serveDigests } from '../../lib/replication/serve-digests.ts';
import { memoryStore } from '../../lib/store/memory/store.ts';
import type { Store } from '../../lib/store/store.ts';
import type { Log } from '../../lib/telemetry/log.ts';

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
  #server: DigestServer;

  constructor(store: Store = memoryStore(1e9)) {
    this.store = store;
    this.#server = serveDigests(store, true);
  }

  digest: Peer['digest'] = (question) => this.#ask(() => this.#server.digest(question));
  stamps: Peer['stamps'] = (question) => this.#ask(() => this.#server.stamps(question));
  records: Peer['records'] = (question) => this.#ask(() => this.#server.records(question));

  async #ask<T>(answer: () => Promise<T>): Promise<T> {
    this.onQuestion();
    const reason = this.down ?? this.questionsFail;
    if (reason !== undefined) throw new PeerError(reason);
    try {
      return await answer();
    } catch (error) {
      const { highestEpoch, isOwnFormerEpoch } = (error as TandemError).extra as Partial<Refusal>;
      throw new PeerError(`${error}`, highestEpoch, isOwnFormerEpoch);
    }
  }

  /** Loses what it held: from now on `store`, empty by default, is in its place. */
  replaceStore(store: Store = memoryStore(1e9)): void {
    this.store = store;
    this.#server = serveDigests(store, true);
  }

  async handshake(): Promise<Handshake> {
    if (this.down !== undefined) throw new PeerError(this.down);
    return { role: 'replica', id: this.store.id, state: 'serving', highestEpoch: await this.store.highestEpoch() };
  }

  async replicate(batch: Batch): Promise<BatchAnswer> {
    this.batches.push(batch);
    await this.gate;
    if (this.down !== undefined) throw new PeerError(this.down);
    const answers: RecordAnswer[] = [];
    const { forget = [], forgetBefore = 0 } = batch;
    for (const stamp of forget) await this.store.forget(stamp.key, stamp, forgetBefore);
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
export function testPrimary(store: Store = memoryStore(1e9), known?: ReplicaState): TestPrimary {
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
    currentEpoch: fixedEpoch(START),
    replicaState: known ?? ReplicaState.recoveredFrom(peer.store.id, START),
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

/** Three requests in a row that fail, of a write each. */
export async function openCircuit({ peer, put }: TestPrimary): Promise<void> {
  peer.down = 'replica unreachable';
  for (const key of ['x', 'y', 'z']) await put(key);
}
