// One node in a process of its own on this machine, which ends with this one.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** In the repository the sources run as they are; the package has them compiled, in the same places. */
const SERVE = fileURLToPath(new URL(`../scripts/serve${extname(import.meta.url)}`, import.meta.url));
/** Before that Node has no SQLite, and no cache of what it compiles. */
export const OLDEST_NODE = 22;
/** How long a node may take until it serves, in milliseconds. */
const START_LIMIT_MS = 60_000;
/** The pause between two looks at a node that starts, in milliseconds. */
const LOOK_MS = 10;
/** How long one look waits for an answer, in milliseconds. */
const HEALTH_LIMIT_MS = 1000;
/** As much of what it has printed is kept, in characters: the end of it. */
const MOST_OUTPUT = 10_000;
/** What this process is told of nodes, or of Node, is not meant for one that it starts. */
const NOT_INHERITED =
  /^(NODE_OPTIONS|ROLE|STORE|PORT|LISTEN_HOST|ALLOWED_HOSTS|CORS_ORIGINS|ARTIFACT|LOG|SCHEDULE|FAULT_INJECTION|(PEER|PRIMARY|REPLICA)_(URL|PORT)|(PEER|WRITE|READ)_TOKEN(_PARAMETER)?|SQLITE_\w+|TLS_\w+|\w+_SECONDS|MEMORY_LIMIT_MB)$/;

export interface LocalNodeOptions {
  /** What it begins as. Which role it has later, the nodes decide. */
  readonly role: 'primary' | 'replica';
  readonly port: number;
  /** The URL of the other node. */
  readonly peer: string;
  /** `memory`, or `sqlite`, as unless given: a data file, `.data/<role>.sqlite` below the present folder unless `data` is given. */
  readonly store?: 'memory' | 'sqlite';
  /** The data file. */
  readonly data?: string;
  /** Further variables of docs/configuration.md. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Its port is taken by another program. */
export class PortTaken extends Error {}

export class LocalNode {
  readonly url: string;
  readonly #options: LocalNodeOptions;
  #child: ChildProcess | undefined;
  #output = '';
  #isFrozen = false;

  constructor(options: LocalNodeOptions) {
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  /** `undefined`: it does not run. */
  get pid(): number | undefined {
    return this.#isRunning ? this.#child?.pid : undefined;
  }

  /** The end of what its processes have printed. */
  get output(): string {
    return this.#output;
  }

  /**
   * Starts it, or starts it again: in memory with nothing in its store. Resolves once it serves.
   * @throws PortTaken; Error with what it has printed, when it ends before that
   */
  async start(): Promise<void> {
    if (this.#isRunning) throw new Error(`The node at ${this.url} runs already.`);
    if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE)
      throw new Error(`A node of Tandem needs Node ${OLDEST_NODE} or later, and this is ${process.version}.`);
    const child = this.#spawn();
    this.#child = child;
    const endsAt = performance.now() + START_LIMIT_MS;
    await listening(child, START_LIMIT_MS);
    while (!(await this.#serves())) {
      if (!this.#isRunning) throw this.#failure('has ended before it served');
      if (performance.now() > endsAt) {
        await this.kill();
        throw this.#failure(`did not serve within ${START_LIMIT_MS / 1000} s`);
      }
      await sleep(LOOK_MS);
    }
  }

  /** Tells it to end: what is under way comes to its end. Resolves once it has ended. */
  stop(): Promise<void> {
    if (this.#isFrozen) this.thaw();
    return this.#end('SIGTERM');
  }

  /** Ends it at once, as a crash does. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** It accepts connections, and answers nobody, until it is thawed. @throws Error on Windows, which holds no process */
  freeze(): void {
    if (process.platform === 'win32') throw new Error('Windows has no signal that holds a process.');
    this.#child?.kill('SIGSTOP');
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
    this.#isFrozen = false;
  }

  get #isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #spawn(): ChildProcess {
    const { role, port, peer, store = 'sqlite', data, env } = this.#options;
    const args = ['--role', role, '--port', `${port}`, '--peer', peer, '--store', store];
    if (data !== undefined) args.push('--data', data);
    const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
    const child = spawn(process.execPath, [SERVE, ...args], {
      env: { ...Object.fromEntries(inherited), LOG: 'silent', ...env },
      // Through the channel it notices that this process is gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = (this.#output + chunk).slice(-MOST_OUTPUT);
      });
    }
    // A program that forgets to stop it can end nevertheless.
    child.unref();
    child.channel?.unref();
    for (const stream of [child.stdout, child.stderr]) (stream as unknown as { unref(): void }).unref();
    return child;
  }

  async #serves(): Promise<boolean> {
    const health = fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(HEALTH_LIMIT_MS) });
    // It does not listen yet.
    const answer = await health.catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok === true;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.#isRunning) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    child.kill(signal);
    await ended;
    this.#isFrozen = false;
  }

  #failure(what: string): Error {
    const message = `The ${this.#options.role} at ${this.url} ${what}:\n${this.#output}`;
    return /^Port \d+ .* taken/m.test(this.#output) ? new PortTaken(message) : new Error(message);
  }
}

/** Resolves once the node says that it listens, or has ended, or after a time. */
async function listening(child: ChildProcess, limitMs: number): Promise<void> {
  const over = new AbortController();
  const events = ['message', 'exit', 'error'].map((name) => once(child, name, { signal: over.signal }));
  const late = sleep(limitMs, undefined, { signal: over.signal });
  await Promise.race([...events, late]).finally(() => over.abort());
}
