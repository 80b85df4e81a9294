// Two nodes in one process, with a link in the place of a network. It can be cut in either direction, and lose an answer.
import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import type { Clock } from '../../lib/clock.ts';
import { ALL_GROUPS } from '../../lib/digest.ts';
import {
  PEER_TIMEOUT_MS,
  type Peer,
  PeerError,
  QUESTION_TIMEOUT_MS,
  SWITCHOVER_TIMEOUT_MS,
} from '../../lib/peer/peer.ts';
import type { MemoryNode } from '../../lib/replication/memory-node.ts';
import type { NodeOptions, PairNode, Promotion } from '../../lib/replication/pair-node.ts';
import type { Written } from '../../lib/replication/write-request.ts';
import type { Store } from '../../lib/store/store.ts';
import type { ReplicationEvent } from '../../lib/telemetry/events.ts';
import { PassingClock } from './passing-clock.ts';
import { peerErrorOf, RETENTION_MS } from './replication.ts';

/** `a` begins as the primary, `b` as the replica. */
export type NodeName = 'a' | 'b';

export type Kind = Exclude<keyof Peer, 'bytes'>;

/** A message on its way: a question of one node, or its answer. */
export interface Message {
  /** The node that sends it. */
  readonly from: NodeName;
  /** What is asked, or was. */
  readonly kind: Kind;
  readonly isAnswer: boolean;
}

/** A process of a node. */
interface Process {
  readonly node: PairNode;
  readonly store: Store;
  isAlive: boolean;
}

/** How long a message is on its way, in milliseconds. */
const LATENCY_MS = 1;
/** How long an answer is waited for, in milliseconds, where whoever asks does not say. */
const LIMITS: Partial<Record<Kind, number>> = { replicate: PEER_TIMEOUT_MS, switchover: SWITCHOVER_TIMEOUT_MS };

export class LinkedNodes<N extends PairNode = MemoryNode> {
  readonly clock = new PassingClock();
  /** Which messages get lost. */
  loses: (message: Message) => boolean = () => false;
  /** What happens before a message arrives; it waits for it. */
  before: (message: Message) => Promise<void> | void = () => {};
  /** Keys of records that a replica refuses. */
  readonly refused = new Set<string>();
  /** Those of them that are refused on purpose: they hold no switchover up. */
  readonly heldBack = new Set<string>();
  /** What was logged as an error: nothing that happens here may be one. */
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  /** What each node has told, whichever process of it. */
  readonly events: Readonly<Record<NodeName, ReplicationEvent[]>> = { a: [], b: [] };
  readonly #create: (options: NodeOptions) => N;
  readonly #running: { [name in NodeName]?: Process } = {};

  constructor(create: (options: NodeOptions) => N) {
    this.#create = create;
  }

  /** Starts a process of a node, in the place of the one that runs. @param store what it holds at first */
  start(name: NodeName, store: Store): N {
    this.stop(name);
    const process = { store, isAlive: true };
    const node = this.#open(name, process);
    this.#running[name] = Object.assign(process, { node });
    return node;
  }

  /** One more process of a node, over the store of the one that runs. It asks, and is asked nothing. */
  join(name: NodeName): N {
    return this.#open(name, { store: this.store(name), isAlive: true });
  }

  #open(name: NodeName, process: Omit<Process, 'node'>): N {
    return this.#create({
      store: process.store,
      peer: this.#peerOf(name, process),
      clock: this.#clockOf(process),
      retentionMs: RETENTION_MS,
      beginsAs: name === 'a' ? 'primary' : 'replica',
      random: () => 0.5,
      log: {
        warn: (message) => void this.warnings.push(`${name}: ${message}`),
        error: (message, _fields, error) => void this.errors.push(`${name}: ${message}: ${error}`),
      },
      happened: (event) => {
        if (process.isAlive) this.events[name].push(event);
      },
      faultOf: ({ key }) => (this.refused.has(key) ? 'refused' : undefined),
      isHeldBack: ({ key }) => this.heldBack.has(key),
    });
  }

  /** Ends the process of a node at once. What it has sent may still arrive; it hears nothing any more. */
  stop(name: NodeName): void {
    const process = this.#running[name];
    if (process) process.isAlive = false;
    delete this.#running[name];
  }

  /** Cuts the link: nothing of what these nodes send arrives. */
  cut(...senders: readonly NodeName[]): void {
    this.loses = ({ from }) => senders.includes(from);
  }

  mend(): void {
    this.loses = () => false;
  }

  /** B asks A for the lead, and gets it: but the answer is lost, and the link is cut from then on. */
  async promoteUnheard(): Promise<void> {
    this.loses = ({ kind, isAnswer }) => {
      const isGrant = kind === 'switchover' && isAnswer;
      if (isGrant) this.cut('a', 'b');
      return isGrant;
    };
    await expect(this.promote('b')).rejects.toMatchObject({ code: 'primary_unreachable' });
  }

  store(name: NodeName): Store {
    return this.#present(name).store;
  }

  node(name: NodeName): N {
    // Only `create` makes the nodes.
    return this.#present(name).node as N;
  }

  /** Writes to a node, or deletes where there is no value. @throws what the node says that it does not take it */
  async write(name: NodeName, key: string, value?: unknown): Promise<Written> {
    const request = { key, ...(value !== undefined && { value: JSON.stringify(value) }) };
    return this.clock.during(
      this.node(name)
        .primary()
        .then((primary) => primary.write(request)),
    );
  }

  /** The value of a key on a node, as it is stored. */
  async value(name: NodeName, key: string): Promise<unknown> {
    const { value } = (await this.store(name).get(key))?.record ?? {};
    return value === undefined ? undefined : JSON.parse(value);
  }

  promote(name: NodeName, force = false): Promise<Promotion> {
    return this.clock.during(this.node(name).promote(force));
  }

  /** A repair as it is made each minute, of the node that leads. */
  async repair(name: NodeName) {
    return this.clock.during(
      this.node(name)
        .primary()
        .then((primary) => primary.repair(50_000)),
    );
  }

  /** Waits until one of the nodes leads, and the other one is its replica that holds the same, with nothing owed. */
  async untilHealed(leading: NodeName): Promise<void> {
    await this.clock.when(() => this.isHealed(leading));
  }

  async isHealed(leading: NodeName): Promise<boolean> {
    const following = leading === 'a' ? 'b' : 'a';
    const [there, here] = await Promise.all([this.node(leading).describe(), this.node(following).describe()]);
    if (there.role !== 'primary' || here.role !== 'replica') return false;
    if (there.state !== 'serving' || here.state !== 'serving') return false;
    const stores = [this.store(leading), this.store(following)] as const;
    for (const store of stores) if ((await store.backlogSize()).count > 0) return false;
    const [ours, theirs] = await Promise.all(stores.map((store) => store.digests(ALL_GROUPS)));
    return isDeepStrictEqual(ours, theirs);
  }

  /** A process that has ended never wakes up. */
  #clockOf(process: Omit<Process, 'node'>): Clock {
    return {
      now: () => this.clock.now(),
      elapsed: () => this.clock.elapsed(),
      sleep: async (ms) => {
        await this.clock.sleep(ms);
        if (!process.isAlive) await NEVER;
      },
    };
  }

  #present(name: NodeName): Process {
    const process = this.#running[name];
    if (process === undefined) throw new Error(`No process of ${name} is running.`);
    return process;
  }

  #peerOf(name: NodeName, sender: Omit<Process, 'node'>): Peer {
    const ask =
      <Q, A>(kind: Kind, answer: (node: PairNode, question: Q) => Promise<A>) =>
      (question: Q, limitMs?: number) =>
        this.#ask(name, kind, sender, (node) => answer(node, structuredClone(question)), limitMs);
    return {
      bytes: 0,
      handshake: ask('handshake', (node, said) => node.handshake(said)),
      replicate: ask('replicate', ({ replica }, batch) => replica.apply(batch)),
      digest: ask('digest', ({ digests }, question) => digests.digest(question)),
      stamps: ask('stamps', ({ digests }, question) => digests.stamps(question)),
      records: ask('records', ({ digests }, question) => digests.records(question)),
      page: ask('page', ({ digests }, question) => digests.page(question)),
      owed: ask('owed', ({ digests }, question) => digests.owed(question)),
      switchover: ask('switchover', (node, question) => node.switchover(question)),
    };
  }

  async #ask<A>(
    from: NodeName,
    kind: Kind,
    sender: Omit<Process, 'node'>,
    answer: (node: PairNode) => Promise<A>,
    limitMs = LIMITS[kind] ?? QUESTION_TIMEOUT_MS,
  ): Promise<A> {
    if (!sender.isAlive) await NEVER;
    const to = from === 'a' ? 'b' : 'a';
    const receiver = this.#running[to];
    if (receiver === undefined) throw new PeerError('replica unreachable', { isConnectionRefused: true });
    const late = this.clock.sleep(limitMs).then((): never => {
      throw new PeerError('replica timed out');
    });
    const answered = this.#exchange({ from, kind }, receiver, answer);
    const [result] = await Promise.allSettled([Promise.race([answered, late])]);
    if (!sender.isAlive) await NEVER;
    if (result.status === 'rejected') throw peerErrorOf(result.reason);
    return structuredClone(result.value);
  }

  async #exchange<A>(
    { from, kind }: Pick<Message, 'from' | 'kind'>,
    receiver: Process,
    answer: (node: PairNode) => Promise<A>,
  ): Promise<A> {
    await this.#deliver({ from, kind, isAnswer: false });
    if (!receiver.isAlive) await NEVER;
    const reply = await answer(receiver.node).then(
      (value) => () => value,
      (error) => (): A => {
        throw error;
      },
    );
    await this.#deliver({ from: from === 'a' ? 'b' : 'a', kind, isAnswer: true });
    if (!receiver.isAlive) await NEVER;
    return reply();
  }

  async #deliver(message: Message): Promise<void> {
    await this.clock.sleep(LATENCY_MS);
    await this.before(message);
    if (this.loses(message)) await NEVER;
  }
}

const NEVER = new Promise<never>(() => {});
