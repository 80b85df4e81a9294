// A pair of nodes for tests: `import { startPair } from 'tandem/testing'`. Both are real, in processes of their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type ClientOptions, createClient, type Faults, type NodeName } from '../client/client.ts';
import { freePorts } from './free-ports.ts';
import { LocalNode, type LocalNodeOptions, PortTaken } from './local-node.ts';

export interface PairOptions {
  /** `memory`, as unless given; `sqlite`: each node keeps what it holds in a file, until the pair is stopped. */
  readonly store?: 'memory' | 'sqlite';
  /** Of `client`, beside the addresses. */
  readonly client?: Omit<ClientOptions, 'primary' | 'replica'>;
  /** Further variables of docs/configuration.md, for both nodes: `WRITE_TOKEN`, for instance. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One node, called after the role that it begins with. */
export class TestNode extends LocalNode {
  /** Failures on purpose: `faults.add({ kind: 'delay', delayMs: 300 })`. */
  readonly faults: Faults;

  constructor(options: LocalNodeOptions, faults: Faults) {
    super(options);
    this.faults = faults;
  }
}

export interface TestPair extends AsyncDisposable {
  readonly primary: TestNode;
  readonly replica: TestNode;
  /** A client of both. */
  readonly client: Client;
  /** Cuts the link between the nodes: whatever one sends the other is lost. Clients reach both. */
  cut(): Promise<void>;
  /** Takes all faults away, and has the nodes made equal. */
  join(): Promise<void>;
  /** Waits until one node leads, the other one follows it, and both hold the same. */
  untilInSync(): Promise<void>;
  /** Ends both nodes at once. */
  stop(): Promise<void>;
}

/** How often other ports are tried, where a program has taken one meanwhile. */
const TRIES = 5;
/** How long `untilInSync` waits, in milliseconds, and how long between two looks. */
const SYNC_LIMIT_MS = 60_000;
const LOOK_MS = 20;

/** @returns both nodes, once they serve. They end with this process at the latest */
export async function startPair(options: PairOptions = {}): Promise<TestPair> {
  for (let tries = 1; ; tries++) {
    try {
      return await Pair.start(options);
    } catch (error) {
      if (!(error instanceof PortTaken) || tries === TRIES) throw error;
    }
  }
}

class Pair implements TestPair {
  readonly primary: TestNode;
  readonly replica: TestNode;
  readonly client: Client;
  readonly #folder: string | undefined;

  static async start(options: PairOptions): Promise<Pair> {
    const ports = (await freePorts(2)) as [number, number];
    const folder = options.store === 'sqlite' ? await mkdtemp(join(tmpdir(), 'tandem-pair-')) : undefined;
    const pair = new Pair(ports, folder, options);
    try {
      await Promise.all([pair.primary.start(), pair.replica.start()]);
      return pair;
    } catch (error) {
      await pair.stop();
      throw error;
    }
  }

  private constructor(ports: readonly [number, number], folder: string | undefined, options: PairOptions) {
    const { store = 'memory', client, env = {} } = options;
    const [primary, replica] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string];
    this.client = createClient({ ...client, primary, replica });
    const node = (role: NodeName, port: number, peer: string) => {
      const data = folder === undefined ? {} : { data: join(folder, `${role}.sqlite`) };
      return new TestNode({ role, port, peer, store, env, ...data }, this.client.faults(role));
    };
    this.primary = node('primary', ports[0], replica);
    this.replica = node('replica', ports[1], primary);
    this.#folder = folder;
  }

  async cut(): Promise<void> {
    const cuts = [this.primary, this.replica].map(({ faults }) => faults.add({ kind: 'drop_request', ttl: 3600 }));
    await Promise.all(cuts);
  }

  async join(): Promise<void> {
    await Promise.all([this.primary.faults.clear(), this.replica.faults.clear()]);
    await this.client.repair();
    await this.untilInSync();
  }

  async untilInSync(): Promise<void> {
    for (const endsAt = performance.now() + SYNC_LIMIT_MS; !(await this.#isInSync()); await sleep(LOOK_MS))
      if (performance.now() > endsAt) throw new Error(`The nodes are not in sync after ${SYNC_LIMIT_MS / 1000} s.`);
  }

  async stop(): Promise<void> {
    await Promise.all([this.primary.kill(), this.replica.kill()]);
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #isInSync(): Promise<boolean> {
    const nodes = ['primary', 'replica'] as const;
    const statuses = await Promise.all(nodes.map((node) => this.client.nodeStatus({ node })));
    const leads = statuses.some((status) => status.role === 'primary' && status.inSync);
    return leads && statuses.some(({ role, state }) => role === 'replica' && state === 'serving');
  }
}
