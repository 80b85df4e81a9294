// A primary with a peer that the test plays, and a clock that the test moves.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import { TandemError } from '../../lib/errors.ts';
import { type Peer, PeerError } from '../../lib/peer/peer.ts';
import type { Batch, BatchAnswer, Handshake } from '../../lib/peer/wire.ts';
import { type Admit, admission } from '../../lib/replication/admit.ts';
import { processEpoch } from '../../lib/replication/current-epoch.ts';
import type { Lead } from '../../lib/replication/pair.ts';
import { createPrimary, type Primary } from '../../lib/replication/primary.ts';
import { createReplica } from '../../lib/replication/replica.ts';
import { ReplicaState } from '../../lib/replication/replica-state.ts';
import { type DigestServer, serveDigests } from '../../lib/replication/serve-digests.ts';
import { replaced } from '../../lib/replication/switchover.ts';
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
  /** Time does not pass by itself, but the event loop turns. */
  sleep(ms?: number): Promise<void> {
    return ms === 0 ? nextTurn() : new Promise(() => {});
  }
}

/** Lets messages in as a node does that never leads. */
export function admitAsReplica(store: Store): Admit {
  return admission({
    id: () => store.id,
    raiseEpoch: store.raiseEpoch,
    highestEpoch: store.highestEpoch,
    heardOf: async () => false,
  });
}

/** A lead that is lost as soon as another primary is heard of: from then on nothing is written. */
export class TestLead implements Lead {
  /** The epochs of other primaries, in the order in which they were heard of. */
  readonly lostTo: number[] = [];

  async check(): Promise<void> {
    if (!this.isHeld()) throw replaced();
  }

  isHeld(): boolean {
    return this.lostTo.length === 0;
  }

  async lost(epoch: number): Promise<void> {
    this.lostTo.push(epoch);
  }
}

/** Why a primary does not give the lead away. */
const WITHHELD: readonly string[] = ['not_in_sync', 'switching', 'recovering'];

/** The reason and the facts of a refusal, as `httpPeer` makes them of the answer. */
export function peerErrorOf(error: unknown): unknown {
  if (!(error instanceof TandemError)) return error;
  const { id, reason = error.message, ...failure } = error.extra;
  return new PeerError(`${error}`, {
    ...failure,
    ...(typeof id === 'string' && { contentsId: id }),
    ...(WITHHELD.includes(error.code) && { notInSync: `${reason}` }),
  });
}

/** A replica without a network in between. It records every batch, and fails as the test says. */
export class TestPeer implements Peer {
  store: Store;
  readonly clock: Clock;
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

  /** @param store a replica that is complete holds it */
  constructor(store: Store = memoryStore(1e9), clock: Clock = new TestClock()) {
    this.store = store;
    this.clock = clock;
    void store.completed();
  }

  digest: Peer['digest'] = (question) => this.#ask((server) => server.digest(question));
  stamps: Peer['stamps'] = (question) => this.#ask((server) => server.stamps(question));
  records: Peer['records'] = (question) => this.#ask((server) => server.records(question));
  page: Peer['page'] = (question) => this.#ask((server) => server.page(question));
  owed: Peer['owed'] = (question) => this.#ask((server) => server.owed(question));
  switchover: Peer['switchover'] = async () => {
    throw new PeerError('wrong node: it is a replica');
  };

  async #ask<T>(answer: (server: DigestServer) => Promise<T>): Promise<T> {
    this.onQuestion();
    const reason = this.down ?? this.questionsFail;
    if (reason !== undefined) throw new PeerError(reason);
    const { store, clock } = this;
    return answer(serveDigests(store, clock, admitAsReplica(store))).catch((error) => {
      throw peerErrorOf(error);
    });
  }

  /** Loses what it held: from now on `store`, empty by default, is in its place. */
  replaceStore(store: Store = memoryStore(1e9)): void {
    this.store = store;
  }

  async handshake(): Promise<Handshake> {
    if (this.down !== undefined) throw new PeerError(this.down);
    const { epoch: highestEpoch } = await this.store.highestEpoch();
    const state = (await this.store.isComplete()) ? 'serving' : 'refilling';
    const { count: owed } = await this.store.backlogSize();
    return { role: 'replica', id: this.store.id, state, highestEpoch, owed };
  }

  async replicate(batch: Batch): Promise<BatchAnswer> {
    this.batches.push(batch);
    await this.gate;
    if (this.down !== undefined) throw new PeerError(this.down);
    const { store, clock } = this;
    const log = { warn: () => {}, error: () => {} };
    const admit = admitAsReplica(store);
    const replica = createReplica({ store, clock, log, admit, faultOf: ({ key }) => this.refuses(key) });
    return replica.apply(batch).catch((error) => {
      throw peerErrorOf(error);
    });
  }

  /** The keys of each batch with records so far. */
  get keys(): string[][] {
    return this.batches.filter(({ records }) => records.length > 0).map(({ records }) => records.map(({ key }) => key));
  }
}

export interface TestPrimary {
  readonly primary: Primary;
  readonly store: Store;
  readonly peer: TestPeer;
  readonly clock: TestClock;
  readonly lead: TestLead;
  /** What was logged as an error. */
  readonly logged: string[];
  put(key: string, value?: unknown): ReturnType<Primary['write']>;
  status(key: string): Promise<string | undefined>;
}

export const RETENTION_MS = 24 * 60 * 60 * 1000;

/** @param known what is known of the replica; without it, that it holds the same */
export function testPrimary(store: Store = memoryStore(1e9), known?: ReplicaState): TestPrimary {
  const clock = new TestClock();
  const peer = new TestPeer(memoryStore(1e9), clock);
  const lead = new TestLead();
  const logged: string[] = [];
  const log: Log = { warn: () => {}, error: (message, _fields, error) => void logged.push(`${message}: ${error}`) };
  const primary = createPrimary({
    goesOn: true,
    store,
    peer,
    clock,
    random: () => 0.5,
    log,
    lead,
    currentEpoch: processEpoch(store, clock, START, 0, RETENTION_MS),
    describe: async () => ({ role: 'primary', id: store.id, state: 'serving', highestEpoch: START }),
    replicaState: known ?? ReplicaState.recoveredFrom(peer.store.id, START),
    retentionMs: RETENTION_MS,
  });
  return {
    primary,
    store,
    peer,
    clock,
    lead,
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
