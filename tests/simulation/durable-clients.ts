// Clients and operators of durable nodes, and what their answers must be. Each request reaches some process of a node.
import { TandemError } from '../../lib/errors.ts';
import { PeerError } from '../../lib/peer/peer.ts';
import { compareStamps, isLive, type Stamp } from '../../lib/record.ts';
import type { Promotion } from '../../lib/replication/pair-node.ts';
import { isAtLeast, name } from './checks.ts';
import type { DurableNodes, Instance } from './durable-nodes.ts';
import type { DurableAct } from './durable-schedule.ts';
import type { Table } from './durable-table.ts';
import type { NodeName } from './nodes.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** Of a repair, in milliseconds: see handlers/scheduled-repair.ts. */
const REPAIR_MS = 50_000;
/** How old a comparison is when the minute's repair makes another one, in milliseconds. */
const COMPARE_EVERY_MS = 300_000;

/** How long a process may believe the role that it has read, in milliseconds. */
const BELIEF_MS = 1000;

/**
 * How long what a process has saved of the replica may be hidden, in milliseconds: two that save at the same moment overwrite each
 * other's news. The next scheduled repair brings it back.
 */
const HIDDEN_MS = 60_000;

/** Why a node that does not lead, or is about to give the lead away, refuses what only a primary does. */
const NOT_LEADING: readonly string[] = ['not_primary', 'switching'];
/** Why a promotion comes to nothing. */
const NOT_PROMOTED: readonly string[] = ['switching', 'primary_unreachable', 'not_in_sync', 'not_primary'];

export class DurableClients {
  /** Requests that have not been answered, and by whom they should be. */
  readonly waiting = new Map<string, Process>();
  readonly #world: World;
  readonly #nodes: DurableNodes;
  /** The newest stamp of each key that clients of each node were told. */
  readonly #told: Readonly<Record<NodeName, Map<string, Stamp>>> = { a: new Map(), b: new Map() };
  #count = 0;

  constructor(world: World, nodes: DurableNodes) {
    this.#world = world;
    this.#nodes = nodes;
  }

  async write(instance: Instance, { key, isDeletion, ttl }: Omit<Extract<DurableAct, { act: 'write' }>, 'act' | 'to'>) {
    const id = this.#begin(instance, `${isDeletion ? 'deletes' : 'writes'} ${key}`);
    const [table, told] = [this.#tableOf(instance), this.#told[instance.name]];
    const toldBefore = told.get(key);
    const startedAt = this.#world.now;
    const answer = await this.#attempt(id, instance, async () => {
      const primary = await instance.node.primary();
      return primary.write({
        key,
        ...(!isDeletion && { value: `"${id}"` }),
        ...(ttl !== undefined && { expiry: { ttl } }),
      });
    });
    if (answer instanceof Error)
      return this.#refused(id, table, startedAt, answer, isDeletion ? ['key_not_found'] : []);
    const { record, delivery } = answer;
    this.#world.trace(
      () => `${id} is answered ${name(key, record)}, ${delivery.replicated ? 'replicated' : delivery.error}`,
    );
    if (!table.state.hasLedSince(startedAt - BELIEF_MS))
      this.#world.fail(`${id} was done, although ${table.id} has not led for longer than a second`);
    if (toldBefore && compareStamps(record, toldBefore) <= 0)
      this.#world.fail(`${id} got ${name(key, record)}, no newer stamp than ${name(key, toldBefore)}`);
    if (!isAtLeast(told.get(key), record)) told.set(key, record);
    this.#nodes.accounts.acknowledged(key, record);
    if (!delivery.replicated) return;
    const other = this.#nodes.tables[otherThan(instance.name)];
    const there = other.newest.get(key);
    if (!this.#nodes.accounts.hasSeen(there && name(key, there), name(key, record)))
      this.#world.fail(`${id} was answered that ${name(key, record)} is replicated, and is not`);
  }

  async read(instance: Instance, key: string): Promise<void> {
    const id = this.#begin(instance, `reads ${key}`);
    const told = this.#told[instance.name];
    const toldBefore = told.get(key);
    const entry = await this.#attempt(id, instance, () => instance.store.get(key));
    if (entry instanceof Error) return this.#world.fail(`${id} failed: ${entry.stack}`);
    const record = entry?.record;
    const { forgotten } = this.#tableOf(instance).contents;
    if (toldBefore && !isAtLeast(record, toldBefore) && !isAtLeast(forgotten.get(key), toldBefore))
      this.#world.fail(`${id} got ${record ? name(key, record) : 'nothing'}, after ${name(key, toldBefore)}`);
    if (record && isLive(record, this.#world.now) && !isAtLeast(told.get(key), record)) told.set(key, record);
  }

  async repair(instance: Instance): Promise<void> {
    const id = this.#begin(instance, 'repairs');
    const startedAt = this.#world.now;
    const report = await this.#attempt(id, instance, async () => (await instance.node.primary()).repair(REPAIR_MS));
    if (report instanceof Error) return this.#refused(id, this.#tableOf(instance), startedAt, report);
    this.#world.trace(() => `${id}: ${JSON.stringify(report)}`);
  }

  /** What lib/node/every-minute.ts does. */
  async everyMinute(instance: Instance): Promise<void> {
    const id = this.#begin(instance, 'does what it does every minute');
    const startedAt = this.#world.now;
    const { node, process } = instance;
    const done = await this.#attempt(id, instance, async () => {
      const { role } = await node.roles.now();
      if (role === 'replica') return this.#tellOther(instance);
      const report = await (await node.primary()).repair(REPAIR_MS, process.now() - COMPARE_EVERY_MS);
      this.#world.trace(() => `${id}: ${JSON.stringify(report)}`);
      if (report.stoppedBy === undefined) await this.#tellOther(instance);
    });
    if (done instanceof Error) this.#refused(id, this.#tableOf(instance), startedAt, done);
  }

  async #tellOther({ name: from, process, node, store }: Instance): Promise<void> {
    const peer = this.#nodes.network.peerOf(process, otherThan(from));
    const [own, { count: owed }] = await Promise.all([node.describe(), store.backlogSize()]);
    try {
      await node.hear(await peer.handshake({ ...own, owed }));
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
    }
  }

  /** An operator has a node lead. @returns `undefined` when it was refused */
  async promote(instance: Instance, force: boolean): Promise<Promotion | undefined> {
    const id = this.#begin(instance, `is promoted${force ? ' by force' : ''}`);
    const isAnswered = force ? this.#nodes.leads.forced(instance.process) : () => {};
    const answer = await this.#attempt(id, instance, () => instance.node.promote(force), 'lead');
    isAnswered();
    const told = answer instanceof Error ? answer.message : JSON.stringify(answer);
    this.#world.trace(() => `${id}: ${told}`);
    if (!(answer instanceof Error)) return answer;
    if (!(answer instanceof TandemError && NOT_PROMOTED.includes(answer.code)))
      this.#world.fail(`${id} failed: ${answer.stack}`);
    return undefined;
  }

  /** An operator dismisses every divergent write that is listed. */
  async dismiss(instance: Instance): Promise<void> {
    const id = this.#begin(instance, 'dismisses the divergent writes');
    const startedAt = this.#world.now;
    const answer = await this.#attempt(id, instance, async () => {
      const primary = await instance.node.primary();
      const { entries } = await instance.store.divergent({ limit: 100 });
      for (const { record } of entries) {
        // The deletion may take effect although nobody hears of it.
        this.#nodes.accounts.dismissed(record.key);
        await primary.write({ key: record.key });
      }
    });
    if (answer instanceof Error) this.#refused(id, this.#tableOf(instance), startedAt, answer, ['key_not_found']);
  }

  /** Has a process carry a request out. @returns the error that it ends with, if it does */
  async #attempt<T>(
    id: string,
    instance: Instance,
    act: () => Promise<T>,
    about?: 'records' | 'lead',
  ): Promise<T | Error> {
    this.waiting.set(id, instance.process);
    const answer = await instance.busy(act, about).catch((error: Error) => error);
    this.waiting.delete(id);
    return answer;
  }

  #tableOf(instance: Instance): Table {
    return this.#nodes.tables[instance.name];
  }

  /** @param codes with which this request, too, may be refused */
  #refused(id: string, table: Table, startedAt: number, error: Error, codes: readonly string[] = []): void {
    const code = error instanceof TandemError ? error.code : error.name;
    this.#world.trace(() => `${id} is refused: ${code}`);
    if (codes.includes(code)) return;
    if (code === 'recovering' && !table.isCompleteSince(startedAt - HIDDEN_MS)) return;
    if (!NOT_LEADING.includes(code)) this.#world.fail(`${id} failed: ${error.stack}`);
    else if (table.state.hasLedAllAlongSince(startedAt - BELIEF_MS))
      this.#world.fail(`${id} was refused (${code}), although ${table.id} has led all along`);
  }

  #begin({ process }: Instance, what: string): string {
    const id = `client ${++this.#count} (${process.name})`;
    this.#world.trace(() => `${id} ${what}`);
    return id;
  }
}

export function otherThan(node: NodeName): NodeName {
  return node === 'a' ? 'b' : 'a';
}
