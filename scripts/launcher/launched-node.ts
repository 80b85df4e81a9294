// A node that this process starts and ends: the states it goes through, and what can be done with it in each.
import { EventEmitter } from 'node:events';
import type { Role } from '../../lib/role.ts';
import { type End, endOf, type NodeProcess } from './node-process.ts';

export type NodeState = 'starting' | 'running' | 'frozen' | 'stopping' | 'stopped';
export type Action = 'kill' | 'stop' | 'start' | 'freeze' | 'thaw';

export interface Surroundings {
  spawn(): NodeProcess;
  /** Whether the node answers, whatever it says. Never rejects. */
  answers(): Promise<boolean>;
  /** Resolves after `ms` milliseconds, and rejects once `signal` aborts. */
  pause(ms: number, signal?: AbortSignal): Promise<unknown>;
}

interface Events {
  /** The state is another one. */
  change: [];
  /** The process has ended, and nothing here had ended it. */
  endedByItself: [end: End];
}

const ALLOWED: Readonly<Record<NodeState, readonly Action[]>> = {
  starting: ['kill', 'stop'],
  running: ['kill', 'stop', 'freeze'],
  frozen: ['kill', 'stop', 'thaw'],
  stopping: ['kill'],
  stopped: ['start'],
};

/** How long a process may take to end once it was asked to, and again once it was killed, in milliseconds. */
export const STOP_LIMIT_MS = 5000;
/** The pause between two looks at a node that starts, in milliseconds. */
const LOOK_MS = 50;

/** Nothing was done, because the node is not in a state for it. */
export class WrongStateError extends Error {
  readonly state: NodeState;
  readonly allowed: readonly Action[];

  constructor(detail: string, state: NodeState, allowed: readonly Action[]) {
    super(detail);
    this.state = state;
    this.allowed = allowed;
  }
}

export class LaunchedNode extends EventEmitter<Events> {
  readonly role: Role;
  readonly port: number;
  readonly #around: Surroundings;
  #state: NodeState = 'stopped';
  /** There is one unless the state is `stopped`. */
  #process: NodeProcess | undefined;
  /** Who ends the process does so by this; absent: nobody does. */
  #order: 'killed' | 'stopped' | undefined;
  /** Settles once the process that is being ended has ended, or does not in time. */
  #ending: Promise<void> | undefined;
  #ended: string | null = null;
  #isClosed = false;

  constructor(role: Role, port: number, around: Surroundings) {
    super();
    this.role = role;
    this.port = port;
    this.#around = around;
  }

  get state(): NodeState {
    return this.#state;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** How its last process has ended: `killed` or `stopped` from here, else as {@link endOf} says; `null` while there is one. */
  get ended(): string | null {
    return this.#ended;
  }

  /** What its state allows now. */
  get allowed(): readonly Action[] {
    return ALLOWED[this.#state].filter((action) => action !== 'start' || !this.#isClosed);
  }

  /** Starts a process. It is `starting` until it answers. @throws WrongStateError */
  start(): void {
    this.#assertAllowed('start');
    const process = this.#around.spawn();
    this.#process = process;
    this.#order = undefined;
    void process.ended.then((end) => this.#onEnd(end));
    this.#enter('starting', null);
    void this.#watchStart(process);
  }

  /**
   * Has the process end as it likes to, and kills it if it has not within {@link STOP_LIMIT_MS}. Resolves once it has ended.
   * @throws WrongStateError, and Error when it does not even end by being killed
   */
  async stop(): Promise<void> {
    const process = this.#assertAllowed('stop');
    const isFrozen = this.#state === 'frozen';
    this.#order = 'stopped';
    process?.terminate();
    // Only now: so it does nothing else first.
    if (isFrozen) process?.thaw();
    this.#enter('stopping');
    this.#ending = this.#untilStopped(process);
    await this.#ending;
  }

  /** Ends the process at once. Resolves once it has ended. @throws WrongStateError, and Error when it does not end in time */
  async kill(): Promise<void> {
    const process = this.#assertAllowed('kill');
    this.#order = 'killed';
    process?.kill();
    if (this.#state !== 'stopping') this.#enter('stopping');
    this.#ending = this.#untilKilled(process);
    await this.#ending;
  }

  /** @throws WrongStateError */
  freeze(): void {
    this.#assertAllowed('freeze')?.freeze();
    this.#enter('frozen');
  }

  /** @throws WrongStateError */
  thaw(): void {
    this.#assertAllowed('thaw')?.thaw();
    this.#enter('running');
  }

  /** For good: whatever state it is in, it ends, and cannot be started again. @throws Error when it does not end in time */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#state === 'stopped') return;
    if (this.#state !== 'stopping') return this.stop();
    // Killed before, and still there: once more.
    return this.#order === 'killed' ? this.kill() : this.#ending;
  }

  #assertAllowed(action: Action): NodeProcess | undefined {
    const { allowed } = this;
    if (allowed.includes(action)) return this.#process;
    const may = allowed.length === 0 ? 'Everything is being ended.' : `Now it takes: ${allowed.join(', ')}.`;
    throw new WrongStateError(`The ${this.role} is ${this.#state}. ${may}`, this.#state, allowed);
  }

  #enter(state: NodeState, ended = this.#ended): void {
    this.#state = state;
    this.#ended = ended;
    this.emit('change');
  }

  #onEnd(end: End): void {
    const order = this.#order;
    this.#process = undefined;
    this.#ending = undefined;
    this.#enter('stopped', order ?? endOf(end));
    if (order === undefined) this.emit('endedByItself', end);
  }

  async #watchStart(process: NodeProcess): Promise<void> {
    // It may have been ended, and another one started, during a look.
    const isStarting = () => this.#process === process && this.#state === 'starting';
    while (isStarting()) {
      const answers = await this.#around.answers();
      if (!isStarting()) return;
      if (answers) return this.#enter('running');
      await this.#around.pause(LOOK_MS);
    }
  }

  async #untilStopped(process: NodeProcess | undefined): Promise<void> {
    if (await this.#endsInTime(process)) return;
    this.#order = 'killed';
    process?.kill();
    await this.#untilKilled(process);
  }

  async #untilKilled(process: NodeProcess | undefined): Promise<void> {
    if (await this.#endsInTime(process)) return;
    throw new Error(
      `The ${this.role} was killed, and its process ${process?.pid} has not ended within ${STOP_LIMIT_MS} ms.`,
    );
  }

  async #endsInTime(process: NodeProcess | undefined): Promise<boolean> {
    const timer = new AbortController();
    const late = this.#around.pause(STOP_LIMIT_MS, timer.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([process?.ended.then(() => true) ?? true, late]);
    } finally {
      timer.abort();
    }
  }
}
