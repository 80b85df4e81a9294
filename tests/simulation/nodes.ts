// The nodes of a run: each is started as lib/node/primary.ts and lib/node/replica.ts do it, crashes, and comes back
// empty.

import type { Batch, BatchAnswer, Handshake } from '../../lib/peer/wire.ts';
import { announce } from '../../lib/replication/announce.ts';
import { fixedEpoch } from '../../lib/replication/current-epoch.ts';
import { createPrimary, type Primary } from '../../lib/replication/primary.ts';
import { recover } from '../../lib/replication/repair/recover.ts';
import { createReplica } from '../../lib/replication/replica.ts';
import { ReplicaState } from '../../lib/replication/replica-state.ts';
import { type DigestServer, serveDigests } from '../../lib/replication/serve-digests.ts';
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
}

export interface ReplicaNode {
  readonly process: Process;
  readonly store: Store;
  readonly server: DigestServer;
  /** What it says of itself. */
  describe(): Promise<Handshake>;
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
    const replica = createReplica({ store, clock: process.clock, log, faultOf });
    const describe = async (): Promise<Handshake> => {
      return { role: 'replica', id: store.id, state: 'serving', highestEpoch: await store.highestEpoch() };
    };
    this.replica = {
      process,
      describe,
      store,
      server: serveDigests(store),
      replicate: async (batch) => {
        const answer = await replica.apply(batch);
        this.#checks.acknowledgedEpoch(batch.epoch);
        return answer;
      },
    };
    const isKnown = () => replica.lastContactAt !== undefined;
    void describe().then((own) => announce(this.network.primaryOf(process), own, isKnown, process.clock));
  }

  #startPrimary(name: 'primary' | 'second', process: Process, store: Store): void {
    const node: PrimaryNode = { process, store };
    this[name] = node;
    this.#lead(node).catch((error) => {
      if (process.isAlive) this.#world.fail(`${process.name} could not start: ${error?.stack ?? error}`);
    });
  }

  async #lead(node: PrimaryNode): Promise<void> {
    const { process, store } = node;
    const { clock } = process;
    const retentionMs = this.#retentionMs;
    const peer = this.network.peerOf(process);
    const recovered = this.#checks.recovering(process, this.replica?.process);
    const { epoch, recoveredFrom } = await recover({ store, peer, clock, retentionMs });
    recovered(recoveredFrom, this.replica?.process);
    this.#checks.serves(process, epoch);
    const log = this.#logOf(process);
    node.primary = createPrimary({
      store,
      peer,
      clock,
      random: this.#world.random.next,
      log,
      retentionMs,
      currentEpoch: fixedEpoch(epoch),
      replicaState:
        recoveredFrom === undefined ? new ReplicaState() : ReplicaState.recoveredFrom(recoveredFrom, clock.now()),
    });
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
