// The nodes of a run: each is started as lib/node does it, crashes, and comes back empty.

import type { Batch, BatchAnswer, Handshake } from '../../lib/peer/wire.ts';
import { announce } from '../../lib/replication/announce.ts';
import type { Primary } from '../../lib/replication/primary.ts';
import { createReplica } from '../../lib/replication/replica.ts';
import { type DigestServer, serveDigests } from '../../lib/replication/serve-digests.ts';
import { startInMemory } from '../../lib/replication/start-in-memory.ts';
import type { Store } from '../../lib/store/store.ts';
import type { Log } from '../../lib/telemetry/log.ts';
import type { Checks } from './checks.ts';
import { Network } from './network.ts';
import { type Machine, Process } from './process.ts';
import { simulatedStore } from './store.ts';
import { START, type World } from './world.ts';

export interface PrimaryNode {
  readonly process: Process;
  readonly store: Store;
  /** Absent while it recovers. */
  primary?: Primary;
  /** Has it start with what it holds, as an operator may. */
  force(): void;
  handshake(said: Handshake): Promise<Handshake>;
}

export interface ReplicaNode {
  readonly process: Process;
  readonly store: Store;
  readonly server: DigestServer;
  handshake(said: Handshake): Promise<Handshake>;
  replicate(batch: Batch): Promise<BatchAnswer>;
}

/** `second` is another primary that takes over while the first one may still live. */
export type NodeName = 'primary' | 'second' | 'replica';

export class Nodes {
  primary: PrimaryNode | undefined;
  second: PrimaryNode | undefined;
  replica: ReplicaNode | undefined;
  /** Keys whose records the replica refuses. */
  readonly poisoned = new Set<string>();
  readonly network: Network;
  readonly machines: Readonly<Record<NodeName, Machine>> = {
    primary: machine('primary'),
    second: machine('second'),
    replica: machine('replica'),
  };
  readonly #world: World;
  readonly #checks: Checks;
  readonly #retentionMs: number;
  #started = 0;

  constructor(world: World, checks: Checks, retentionMs: number) {
    this.#world = world;
    this.#checks = checks;
    this.#retentionMs = retentionMs;
    this.network = new Network(
      world,
      () => this.replica,
      () => this.leading,
    );
  }

  start(name: NodeName): void {
    if (this[name] !== undefined) return;
    const process = new Process(`${name}#${++this.#started}`, this.machines[name], this.#world);
    this.#checks.started(process, name);
    const store = simulatedStore(process, this.#checks);
    if (name === 'replica') this.#startReplica(process, store);
    else this.#startPrimary(name, process, store);
  }

  /** Ends a node at once; what it held in memory is gone. */
  crash(name: NodeName): void {
    const node = this[name];
    if (node === undefined) return;
    node.process.isAlive = false;
    this[name] = undefined;
    this.#checks.crashed(node.process, name);
  }

  /** The primary whose epoch began last. */
  get leading(): PrimaryNode | undefined {
    const [a, b] = [this.primary, this.second];
    return (b?.primary?.epoch ?? 0) > (a?.primary?.epoch ?? 0) ? b : a;
  }

  #startReplica(process: Process, store: Store): void {
    const log = this.#logOf(process);
    const faultOf = ({ key }: { key: string }) => (this.poisoned.has(key) ? 'poisoned' : undefined);
    const describe = async (): Promise<Handshake> => {
      const [{ epoch: highestEpoch }, isComplete] = await Promise.all([store.highestEpoch(), store.isComplete()]);
      return { role: 'replica', id: store.id, state: isComplete ? 'serving' : 'refilling', highestEpoch };
    };
    const { clock } = process;
    const { ready, done } = announce({ peer: this.network.primaryOf(process), store, clock, describe });
    const replica = createReplica({ store, clock, log, faultOf, ready });
    this.replica = {
      process,
      store,
      handshake: describe,
      server: serveDigests(store, clock, ready),
      replicate: async (batch) => {
        const answer = await replica.apply(batch);
        this.#checks.acknowledgedEpoch(batch.epoch, batch.from);
        return answer;
      },
    };
    done.catch((error) => this.#world.fail(`${process.name} could not announce itself: ${error?.stack ?? error}`));
  }

  #startPrimary(name: 'primary' | 'second', process: Process, store: Store): void {
    const describe = async (): Promise<Handshake> => {
      const { epoch: highestEpoch } = await store.highestEpoch();
      return { role: 'primary', id: store.id, state: node.primary ? 'serving' : 'recovering', highestEpoch };
    };
    const forced = Promise.withResolvers<void>();
    let isForced = false;
    const node: PrimaryNode = {
      process,
      store,
      force() {
        isForced = true;
        forced.resolve();
      },
      handshake: async (said) => {
        void node.primary?.announced(said);
        return describe();
      },
    };
    this[name] = node;
    const recovered = this.#checks.recovering(process, this.replica?.process);
    const options = {
      store,
      peer: this.network.peerOf(process),
      clock: process.clock,
      random: this.#world.random.next,
      log: this.#logOf(process),
      retentionMs: this.#retentionMs,
      describe,
      parity: name === 'primary' ? (0 as const) : (1 as const),
      forced: forced.promise,
    };
    startInMemory(options).then(
      (primary) => {
        recovered(primary.replicaFacts.hasStartedAlone, isForced, this.replica?.process);
        node.primary = primary;
      },
      (error) => {
        if (process.isAlive) this.#world.fail(`${process.name} could not start: ${error?.stack ?? error}`);
      },
    );
  }

  /** Nothing that happens in a run may be an error to the node. */
  #logOf(process: Process): Log {
    return {
      warn: () => {},
      error: (message, _fields, error) =>
        this.#world.fail(`${process.name} logged: ${message}: ${error instanceof Error ? error.stack : error}`),
    };
  }
}

function machine(name: string): Machine {
  return { name, offset: 0, latest: START };
}
