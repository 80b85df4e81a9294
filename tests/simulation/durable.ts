// Nodes as they are deployed: each has processes that come, sleep and go, over a table that stays, and either may lead.
// Whatever happens to them, every write that was answered is accounted for, no stamp stands for two records, and in the end
// one node leads and both tables are alike.
import { isDivergentKey } from '../../lib/divergent.ts';
import { deadAt } from '../../lib/record.ts';
import { isAcknowledged } from '../../lib/store/replication-state.ts';
import { Checks, isBefore, name } from './checks.ts';
import { DurableClients, otherThan } from './durable-clients.ts';
import { DurableNodes, type Instance } from './durable-nodes.ts';
import { type Addressee, type DurableAct, type DurableSchedule, durableScheduleOf, KEYS } from './durable-schedule.ts';
import { PERFECT } from './network.ts';
import type { NodeName } from './nodes.ts';
import { createRandom, type Random } from './random.ts';
import { World } from './world.ts';

const MINUTE_MS = 60_000;
/** Minutes after the last fault until one node leads and both tables are alike. */
const MINUTES = 3;
/** How long nobody leads, in milliseconds, before an operator has one of the nodes lead. */
const OPERATOR_MS = 20_000;
/** Processes that find one backlog after an outage. */
const HERD = 5;

const TRACED_BY_CLIENTS: ReadonlySet<DurableAct['act']> = new Set(['write', 'read', 'repair', 'dismiss']);

export interface DurableOutcome {
  readonly schedule: DurableSchedule;
  readonly violation?: string;
  readonly trace: readonly string[];
}

/**
 * Runs the schedule of a seed, or the one given.
 * @param isAlone each node has one process at a time, which does not sleep, over a data file of SQLite
 */
export async function simulateDurable(
  seed: number,
  { schedule = durableScheduleOf(seed), traced = false, isAlone = false } = {},
): Promise<DurableOutcome> {
  const run = new DurableRun(schedule, traced, isAlone);
  const parts = [run.carryOut, run.heal, run.switchOver, ...(isAlone ? [] : [run.healInAHerd]), run.accountToFollowers];
  for (const part of parts) {
    if (run.world.violation === undefined) await part.call(run);
  }
  const { violation, lines = [] } = run.world;
  return { schedule, trace: lines, ...(violation !== undefined && { violation }) };
}

class DurableRun {
  readonly world: World;
  readonly #schedule: DurableSchedule;
  readonly #random: Random;
  readonly #nodes: DurableNodes;
  readonly #clients: DurableClients;
  #leaderlessSince: number | undefined;
  readonly #isAlone: boolean;

  constructor(schedule: DurableSchedule, traced: boolean, isAlone: boolean) {
    this.#isAlone = isAlone;
    const { seed, retentionMs, offset } = schedule;
    this.#schedule = schedule;
    this.world = new World(seed, traced);
    this.#random = createRandom(seed + 0xf00d);
    this.#nodes = new DurableNodes(this.world, new Checks(this.world, retentionMs), retentionMs, isAlone);
    this.#nodes.offsets.b = offset;
    this.#clients = new DurableClients(this.world, this.#nodes);
  }

  async carryOut(): Promise<void> {
    let time = 0;
    for (const { after, act } of this.#schedule.steps) {
      time += after;
      this.world.at(time, () => this.#perform(act));
    }
    await this.world.run();
    if (this.#schedule.kind === 'switchover') this.#expectNothingListed();
  }

  #perform(act: DurableAct): void {
    const nodes = this.#nodes;
    const { network } = nodes;
    for (const table of Object.values(nodes.tables)) table.sweep();
    this.#haveOneLead(OPERATOR_MS);
    if (!TRACED_BY_CLIENTS.has(act.act)) this.world.trace(() => `-- ${JSON.stringify(act)}`);
    switch (act.act) {
      case 'write':
        return void this.#clients.write(this.#addressee(act.to), act);
      case 'read':
        return void this.#clients.read(this.#addressee(act.to), act.key);
      case 'repair':
        return void this.#clients.repair(this.#addressee(act.to));
      case 'dismiss':
        return void this.#clients.dismiss(this.#addressee(act.to));
      case 'minute':
        return void this.#clients.everyMinute(nodes.some(act.node));
      case 'promote':
        return void this.#clients.promote(this.#addressee(act.to), act.force);
      case 'kill':
      case 'sleep':
      case 'stall':
        return void this.#disturb(act);
      case 'freeze':
        return void this.#freeze(act);
      case 'network':
        network.quality = act.quality;
        return void this.world.at(act.ms, () => {
          network.quality = PERFECT;
        });
      case 'cut':
        network.cut = act;
        return void this.world.at(act.ms, () => {
          network.cut = undefined;
        });
      case 'poison':
        nodes.poisoned.add(act.key);
        return void this.world.at(act.ms, () => void nodes.poisoned.delete(act.key));
    }
  }

  /** Processes in the middle of something are the ones that matter. */
  #disturb(act: Extract<DurableAct, { act: 'kill' | 'sleep' | 'stall' }>): void {
    if (this.#isAlone && act.act === 'sleep') return;
    const all = this.#nodes.all(act.node);
    const busy = all.filter(({ process }) => process.busy > 0);
    const idle = all.filter(({ process }) => process.busy === 0);
    const instance = this.#oneOf(act.act === 'sleep' ? idle : busy.length > 0 ? busy : all);
    if (act.act === 'kill') instance && this.#nodes.kill(instance);
    else instance?.process.stop(act.act === 'sleep' ? 'asleep' : 'stalled', act.ms);
  }

  #freeze({ to, how, ms }: Extract<DurableAct, { act: 'freeze' }>): void {
    if (this.#isAlone && how === 'asleep') return;
    const all = this.#nodes.all(this.#nameOf(to));
    this.#oneOf(all.filter(({ process }) => process.busy > 0 && process.busyWithRecords === 0))?.process.stop(how, ms);
  }

  #oneOf(instances: readonly Instance[]): Instance | undefined {
    if (instances.length === 0) return undefined;
    const instance = this.world.random.pick(instances);
    this.world.trace(() => `-- ${instance.process.name}`);
    return instance;
  }

  #addressee(to: Addressee): Instance {
    return this.#nodes.some(this.#nameOf(to));
  }

  #nameOf(to: Addressee): NodeName {
    const leader = this.#leader();
    return to === 'leader' ? leader : otherThan(leader);
  }

  /** The other node gave the lead to contents that have heard of a later epoch, say. @param afterMs of nobody leading */
  #haveOneLead(afterMs: number): void {
    const { now } = this.world;
    if (this.#nodes.leading) this.#leaderlessSince = undefined;
    else this.#leaderlessSince ??= now;
    if (this.#leaderlessSince === undefined || now - this.#leaderlessSince < afterMs) return;
    this.world.trace(() => 'nobody leads: an operator has one node lead');
    void this.#clients.promote(this.#nodes.some(this.#random.pick(['a', 'b'])), true);
  }

  /** Promises 4 and 9: after the last fault some scheduled repairs make both tables alike, and no write is unaccounted for. */
  async heal(): Promise<void> {
    const { network, poisoned } = this.#nodes;
    this.world.trace(() => 'every fault ends');
    network.quality = PERFECT;
    network.cut = undefined;
    poisoned.clear();
    for (let i = 0; i < MINUTES; i++) {
      if (i > 0 && this.#nodes.leading === undefined) this.#expectNobodyToLead();
      await this.#aMinute();
    }
    this.#expectAlike('some minutes later');
    for (const [id, process] of this.#clients.waiting) {
      if (process.isAlive) this.world.fail(`${id} was never answered`);
    }
    this.#expectAllAccountedFor();
  }

  /** Each node does what it does every minute. */
  async #aMinute(): Promise<void> {
    const nodes = this.#nodes;
    for (const name of ['a', 'b'] as const) {
      const at = MINUTE_MS + this.#random.int(0, 1000);
      this.world.at(at, () => void this.#clients.everyMinute(nodes.some(name)));
    }
    await this.world.run();
  }

  /** Only where whoever was given the lead must not take it, since it has heard of a later epoch. Then an operator helps. */
  #expectNobodyToLead(): void {
    for (const { id, state } of Object.values(this.#nodes.tables)) {
      if (this.#nodes.leads.isGiven(id, state.highest.epoch))
        this.world.fail(`${id} was given the lead, and does not take it`);
    }
    this.#haveOneLead(0);
  }

  /** One node leads, both hold the same, and neither owes anything. */
  #expectAlike(when: string): void {
    const { a, b } = this.#nodes.tables;
    const leading = [a, b].filter(({ state }) => state.role.role === 'primary');
    if (leading.length !== 1) this.world.fail(`${when} ${leading.length} nodes lead`);
    const longAgo = this.world.now - this.#schedule.retentionMs;
    for (const key of new Set([...a.contents.held.keys(), ...b.contents.held.keys()])) {
      const entries = [a, b].map(({ contents }) => contents.held.get(key));
      const [first, second] = entries.map((entry) => entry && name(key, entry.record));
      // Each table forgets by itself.
      const isForgotten = entries.some((entry) => entry && isBefore(deadAt(entry.record), longAgo));
      if (first !== second && !(isForgotten && !(first && second)))
        this.world.fail(`${when} a holds ${first ?? 'nothing'} and b ${second ?? 'nothing'}`);
      for (const [i, entry] of entries.entries()) {
        if (entry && !isAcknowledged(entry.replication))
          this.world.fail(`${when} ${i === 0 ? 'a' : 'b'} still owes ${name(key, entry.record)}`);
      }
    }
  }

  #expectAllAccountedFor(): void {
    const { a, b } = this.#nodes.tables;
    const wrong = this.#nodes.accounts.judge(a.contents.held, b.contents.held);
    if (wrong !== undefined) this.world.fail(wrong);
  }

  #expectNothingListed(): void {
    for (const { id, contents } of Object.values(this.#nodes.tables)) {
      const listed = [...contents.held.keys()].find(isDivergentKey);
      if (listed !== undefined) this.world.fail(`${id} lists ${listed} without any fault`);
    }
  }

  /** Whoever has followed a table through all of it has missed nothing. */
  async accountToFollowers(): Promise<void> {
    for (const table of Object.values(this.#nodes.tables)) await table.account();
  }

  /** Without faults a switchover does what it is to, and costs nothing. */
  async switchOver(): Promise<void> {
    const nodes = this.#nodes;
    const listed = () => [...nodes.tables.a.contents.held.keys()].filter(isDivergentKey).length;
    const before = listed();
    const to = otherThan(this.#leader());
    const promotion = this.#clients.promote(nodes.some(to), false);
    for (const key of KEYS) this.world.at(this.#random.int(0, 3000), () => void this.#writeTo(nodes.some(to), key));
    for (const key of KEYS)
      this.world.at(this.#random.int(0, 3000), () => void this.#writeTo(nodes.some(otherThan(to)), key));
    await this.world.run();
    if (this.world.violation !== undefined) return;
    if ((await promotion)?.mode !== 'switchover') this.world.fail('a switchover without faults has failed');
    await this.#aMinute();
    this.#expectAlike('after a switchover');
    if (listed() > before) this.world.fail('a switchover without faults has made a write divergent');
    this.#expectAllAccountedFor();
  }

  #leader(): NodeName {
    return this.#nodes.leading ?? 'a';
  }

  #writeTo(instance: Instance, key: string): Promise<void> {
    return this.#clients.write(instance, { key, isDeletion: this.#random.chance(0.4) });
  }

  /**
   * After an outage several processes find the same backlog. It is shipped once; and a second time at most where a process
   * is killed or stopped meanwhile.
   */
  async healInAHerd(): Promise<void> {
    const { world } = this;
    const nodes = this.#nodes;
    const leader = this.#leader();
    nodes.network.cut = { how: 'refused', to: 'both' };
    for (const key of KEYS)
      void this.#clients.write(nodes.start(leader), { key, isDeletion: this.#random.chance(0.4) });
    await world.run();
    nodes.network.cut = undefined;
    const { sent } = nodes.network;
    sent.clear();
    const herd = Array.from({ length: HERD }, () => nodes.start(leader));
    for (const instance of herd) void this.#clients.repair(instance);
    const trouble = this.#random.pick(['none', 'none', 'killed', 'stalled'] as const);
    world.at(this.#random.int(0, 60), () => {
      const victim = this.#random.pick(herd);
      if (trouble === 'killed') nodes.kill(victim);
      if (trouble === 'stalled') victim.process.stop('asleep', this.#random.int(1000, 60_000));
    });
    await world.run();
    for (const { record, replication } of nodes.tables[leader].contents.held.values()) {
      if (!isAcknowledged(replication)) world.fail(`a herd left ${name(record.key, record)} in the backlog`);
    }
    for (const [id, times] of sent)
      if (times > (trouble === 'none' ? 1 : 2)) world.fail(`a herd of ${HERD} processes shipped ${id} ${times} times`);
  }
}
