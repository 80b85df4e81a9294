// A real pair with a line in each direction that can be disturbed, and what is known of its processes.
import { freePorts, type NodeOptions, startPair, type TestNode } from '../support/nodes.ts';
import { type Disturbance, startTcpProxy } from '../support/tcp-proxy.ts';

/** Something between clients, or the line, and a node: a test puts a liar there. */
export type Disguise = (target: number) => Promise<{ readonly port: number; stop(): Promise<void> }>;

export interface ClusterOptions {
  /** Absent: the emulator. */
  readonly serve?: NodeOptions['serve'];
  /** What clients of the primary reach in its place. */
  readonly primaryDisguise?: Disguise | undefined;
  /** What the primary reaches in the place of its replica. */
  readonly replicaDisguise?: Disguise | undefined;
}

/** One node, and when its processes were there. Times are those of `performance.now()`. */
export class Member {
  readonly url: string;
  readonly #node: TestNode;
  /** Of the process that runs, or ran last: how many were killed before it. */
  #generation = 0;
  #goneAt: number | undefined;
  #spawnedAt = Number.NEGATIVE_INFINITY;
  #stoppedAt: number | undefined;

  constructor(node: TestNode, url = node.url) {
    this.#node = node;
    this.url = url;
  }

  /** Rises as soon as a process is about to be killed. */
  get generation(): number {
    return this.#generation;
  }

  /** Names its process, and so its contents. */
  get life(): string {
    return `${this.url} ${this.#generation}`;
  }

  /** When the process of now was started. */
  get spawnedAt(): number {
    return this.#spawnedAt;
  }

  /** Since when there has been no process. */
  get goneAt(): number | undefined {
    return this.#goneAt;
  }

  /** Since when it has stood still. */
  get stoppedAt(): number | undefined {
    return this.#stoppedAt;
  }

  get output(): string {
    return this.#node.output();
  }

  async kill(): Promise<void> {
    this.#generation++;
    await this.#node.stop('SIGKILL');
    this.#goneAt = performance.now();
  }

  /** Starts it again after `kill`. Resolves once it answers; a primary may be recovering then. */
  async launch(): Promise<void> {
    this.#spawnedAt = performance.now();
    this.#goneAt = undefined;
    await this.#node.launch();
  }

  stand(): void {
    process.kill(this.#node.pid, 'SIGSTOP');
    this.#stoppedAt = performance.now();
  }

  goOn(): void {
    this.#stoppedAt = undefined;
    process.kill(this.#node.pid, 'SIGCONT');
  }
}

export interface Cluster {
  /** The node that leads now, and the other one. */
  readonly primary: Member;
  readonly replica: Member;
  /** Counts the changes of roles. */
  readonly term: number;
  /** The replica leads from now on. */
  swap(): void;
  /** Disturbs the line in both directions, or that to the replica alone. */
  disturb(disturbance: Disturbance, direction?: 'both' | 'to replica'): Promise<void>;
  stop(): Promise<void>;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const [primaryPort, replicaPort] = (await freePorts(2)) as [number, number];
  const replicaFront = await options.replicaDisguise?.(replicaPort);
  const primaryFront = await options.primaryDisguise?.(primaryPort);
  const lines = {
    toReplica: await startTcpProxy(replicaFront?.port ?? replicaPort),
    toPrimary: await startTcpProxy(primaryPort),
  };
  const pair = await startPair(
    {
      PRIMARY_PORT: `${primaryPort}`,
      REPLICA_PORT: `${replicaPort}`,
      PRIMARY_URL: lines.toPrimary.url,
      REPLICA_URL: lines.toReplica.url,
    },
    { ...(options.serve && { serve: options.serve }) },
  );
  const members: readonly [Member, Member] = [
    new Member(pair.primary, primaryFront && `http://127.0.0.1:${primaryFront.port}`),
    new Member(pair.replica),
  ];
  let term = 0;
  return {
    get primary() {
      return term % 2 === 0 ? members[0] : members[1];
    },
    get replica() {
      return term % 2 === 0 ? members[1] : members[0];
    },
    get term() {
      return term;
    },
    swap() {
      term++;
    },
    async disturb(disturbance, direction = 'both') {
      const toReplica = term % 2 === 0 ? lines.toReplica : lines.toPrimary;
      await toReplica.set(disturbance);
      if (direction === 'both') await Promise.all([lines.toReplica.set(disturbance), lines.toPrimary.set(disturbance)]);
    },
    async stop() {
      await pair.stop();
      await Promise.all([lines.toReplica.stop(), lines.toPrimary.stop(), replicaFront?.stop(), primaryFront?.stop()]);
    },
  };
}
