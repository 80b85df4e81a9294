// One run: carry out a schedule, end all faults, let a minute pass, and see whether the nodes are alike.
import { ALL_GROUPS } from '../../lib/digest.ts';
import { deadAt } from '../../lib/record.ts';
import { isAcknowledged } from '../../lib/store/replication-state.ts';
import { Checks, holds, isBefore, name } from './checks.ts';
import { Clients } from './clients.ts';
import { PERFECT } from './network.ts';
import { Nodes, type SimulatedNode } from './nodes.ts';
import { type Act, type Addressee, isUndisturbed, type Schedule, scheduleOf } from './schedule.ts';
import { World } from './world.ts';

const MINUTE_MS = 60_000;
/** How long a scheduled repair lasts at most, in milliseconds: see handlers/scheduled-repair.ts. */
const SCHEDULED_MS = 50_000;

export interface Outcome {
  readonly schedule: Schedule;
  /** The promise that was broken, in words. Absent: none. */
  readonly violation?: string;
  /** What happened, if it was asked for: a line each. */
  readonly trace: readonly string[];
}

/** Runs the schedule of a seed, or the one given. */
export async function simulate(seed: number, { schedule = scheduleOf(seed), traced = false } = {}): Promise<Outcome> {
  const run = new Run(schedule, traced);
  await run.carryOut();
  if (!run.isOver) await run.heal();
  const { violation, lines = [] } = run.world;
  return { schedule, trace: lines, ...(violation !== undefined && { violation }) };
}

class Run {
  readonly world: World;
  readonly nodes: Nodes;
  readonly #checks: Checks;
  readonly #clients: Clients;
  readonly #schedule: Schedule;

  constructor(schedule: Schedule, traced: boolean) {
    const { seed, retentionMs } = schedule;
    this.#schedule = schedule;
    this.world = new World(seed, traced);
    this.#checks = new Checks(this.world, retentionMs);
    this.nodes = new Nodes(this.world, this.#checks, retentionMs);
    this.#clients = new Clients(this.world, this.#checks, this.nodes);
  }

  get isOver(): boolean {
    return this.world.violation !== undefined;
  }

  /** Both nodes start, then every step happens at its time, until nothing is left to happen. */
  async carryOut(): Promise<void> {
    this.nodes.start('b');
    this.nodes.start('a');
    await this.world.run();
    let time = 0;
    for (const { after, act } of this.#schedule.steps) {
      time += after;
      this.world.at(time, () => this.#perform(act));
    }
    await this.world.run();
  }

  /** Promise 4: after the last fault both nodes become identical within a minute, by the scheduled repair. */
  async heal(): Promise<void> {
    const { nodes, world } = this;
    world.trace(() => 'every fault ends');
    nodes.network.quality = PERFECT;
    nodes.network.cut = undefined;
    nodes.network.slowness = 0;
    nodes.poisoned.clear();
    nodes.crash('zombie');
    nodes.start('b');
    nodes.start('a');
    await world.run();
    await this.#haveOneLead();
    if (this.isOver) return;
    await this.#expectTruth();
    if (this.isOver) return;
    if (this.#schedule.healsBy === 'write') await this.#healByWrite();
    if (this.isOver) return;
    await this.#haveOneLead();
    const primary = nodes.leading?.primary;
    await this.#repairAfterAMinute();
    // The node may have learned by that repair that it was replaced. Whoever leads then repairs a minute later.
    if (!this.isOver && nodes.leading?.primary !== primary) await this.#repairAfterAMinute();
    if (this.isOver) return;
    const difference = await this.#difference();
    if (difference !== undefined) world.fail(`after a minute and a repair ${difference}`);
    const [a, b] = [nodes.a?.process, nodes.b?.process];
    if (a && b) this.#checks.account(a, b);
    for (const process of [a, b]) if (process?.follower) await this.#ask(process.follower.account(process.held));
    for (const [id, process] of this.#clients.waiting) {
      if (process.isAlive) world.fail(`${id} was never answered`);
    }
  }

  async #haveOneLead(): Promise<void> {
    if (this.isOver || this.nodes.leading) return;
    this.nodes.haveOneLead();
    await this.world.run();
  }

  async #repairAfterAMinute(): Promise<void> {
    await this.#haveOneLead();
    this.world.at(MINUTE_MS, () => void this.#clients.repair(this.#leader(), SCHEDULED_MS, true));
    await this.world.run();
  }

  /** The node that leads, once every fault has ended. Another one may not have heard of it yet. */
  #leader(): SimulatedNode {
    const { a, leading } = this.nodes;
    if (leading) return leading;
    this.world.fail('after all faults no node leads');
    return a as SimulatedNode;
  }

  #replica(): SimulatedNode {
    return this.nodes.otherOf(this.#leader().process) as SimulatedNode;
  }

  /** Promise 10: while nothing happens, a primary that says that the nodes are in sync is right. */
  async #expectTruth(): Promise<void> {
    const node = this.#leader();
    const { owesComparison, inSyncSince, contentsId } = node.primary?.replicaFacts ?? {};
    const { count = 1 } = (await this.#ask(node.store.backlogSize())) ?? {};
    const replica = this.#replica();
    const isPresent = contentsId === replica.process.name;
    // A status asks the replica, which says whether it has seen a later epoch, and what it owes.
    if (this.#checks.epochAt(replica.process) > (node.primary?.epoch ?? 0)) return;
    const { count: owed = 1 } = (await this.#ask(replica.store.backlogSize())) ?? {};
    if (owed > 0) return;
    if (owesComparison !== false || inSyncSince === undefined || count > 0 || !isPresent) return;
    const { held } = replica.process;
    const longAgo = node.process.now() - this.#schedule.retentionMs;
    for (const key of new Set([...node.process.held.keys(), ...held.keys()])) {
      const [ours, theirs] = [node.process.held.get(key), held.get(key)];
      const lone = ours && theirs ? undefined : (ours ?? theirs);
      if (lone && isBefore(deadAt(lone.record), longAgo)) continue;
      if (ours && theirs && name(key, ours.record) === name(key, theirs.record)) continue;
      this.world.fail(`${node.process.name} says that the nodes are in sync, and they differ in ${key}`);
    }
  }

  /**
   * Where there is traffic the next write brings along what is owed, as soon as it is due: the backlog; and, to a
   * replica that has come back empty, everything.
   */
  async #healByWrite(): Promise<void> {
    const { world } = this;
    const node = this.#leader();
    const { primary } = node;
    const lost = node.primary?.replicaFacts.contentsId !== this.#replica().process.name;
    const write = { key: 'healing', isDeletion: false, wish: 'always' } as const;
    world.at(MINUTE_MS, () => void this.#clients.write(node, write));
    await world.run();
    // The node may have learned by that write only that it was replaced.
    if (this.isOver || this.nodes.leading?.primary !== primary) return;
    const { count = 0 } = (await this.#ask(node.store.backlogSize())) ?? {};
    if (count > 0) world.fail(`the next write has left ${count} in the backlog`);
    const difference = lost ? await this.#difference() : undefined;
    if (difference !== undefined) world.fail(`after the next write ${difference}`);
  }

  /** In what the nodes differ, or are not done. */
  async #difference(): Promise<string | undefined> {
    const { process, store: here } = this.#leader();
    const { process: copy, store: there, node: replica } = this.#replica();
    if (replica.roles.believed.role !== 'replica') return 'both nodes lead';
    const longAgo = process.now() - this.#schedule.retentionMs;
    let isForgottenHere = false;
    for (const key of new Set([...process.held.keys(), ...copy.held.keys()])) {
      const [ours, theirs] = [process.held.get(key), copy.held.get(key)];
      // A replica whose clock is behind keeps for longer what has expired.
      if (!ours && theirs && isBefore(deadAt(theirs.record), longAgo)) {
        isForgottenHere = true;
        continue;
      }
      if (!ours || !theirs || name(key, ours.record) !== name(key, theirs.record)) {
        const [a, b] = [ours, theirs].map((entry) => (entry ? name(key, entry.record) : 'nothing'));
        return `the primary holds ${a} and the replica ${b}`;
      }
      if (!isAcknowledged(ours.replication)) return `${key} is ${ours.replication?.status}`;
      if (!isAcknowledged(theirs.replication)) return `the replica still owes ${key}`;
    }
    for (const [key, stamp] of this.#checks.durable) {
      const theirs = copy.held.get(key)?.record;
      if (holds(process, key, stamp) || (theirs && isBefore(deadAt(theirs), longAgo))) continue;
      return `${name(key, stamp)} is lost, although it was replicated`;
    }
    const found = await this.#ask(
      Promise.all([here.digests(ALL_GROUPS), here.backlogSize(), there.digests(ALL_GROUPS)]),
    );
    if (found === undefined) return 'nobody can say what the nodes hold';
    const [ours, { count }, theirs] = found;
    if (!isForgottenHere && ours.some((digest, bucket) => digest !== theirs[bucket])) return 'the digests differ';
    return count > 0 ? `the backlog holds ${count}` : undefined;
  }

  /** Lets the world go on until there is an answer; `undefined` when the run is over before. */
  async #ask<T>(answer: Promise<T>): Promise<T | undefined> {
    let found: T | undefined;
    answer.then((value) => {
      found = value;
    });
    await this.world.run();
    return found;
  }

  #perform(act: Act): void {
    const { nodes, world } = this;
    const { network } = nodes;
    if (act.act !== 'write' && act.act !== 'read') world.trace(() => `-- ${JSON.stringify(act)}`);
    switch (act.act) {
      case 'write':
      case 'read':
      case 'repair': {
        const node = this.#addressee(act.to);
        if (node === undefined) return;
        if (act.act === 'write') return void this.#clients.write(node, act.write);
        if (act.act === 'read') return void this.#clients.read(node, act.key);
        return void this.#clients.repair(node, act.limitMs, !isUndisturbed(this.#schedule.kind));
      }
      case 'crash':
        if (nodes[act.node] === undefined) return;
        nodes.crash(act.node);
        return void world.at(act.ms, () => nodes.start(act.node));
      case 'stall':
        nodes[act.node]?.process.stall(act.ms);
        return;
      case 'promote':
        return void nodes[act.node]?.promote(act.force);
      case 'replace':
        return void nodes.replace(act.node);
      case 'dismiss': {
        const node = this.#addressee(act.to);
        return void (node && this.#clients.dismiss(node));
      }
      case 'jump':
        nodes.machines[act.node].offset += act.ms;
        return;
      case 'network':
        network.quality = act.quality;
        return void world.at(act.ms, () => {
          network.quality = PERFECT;
        });
      case 'cut':
        network.cut = act;
        return void world.at(act.ms, () => {
          network.cut = undefined;
        });
      case 'slow':
        network.slowness = act.slowness;
        return void world.at(act.ms, () => {
          network.slowness = 0;
        });
      case 'poison':
        nodes.poisoned.add(act.key);
        return void world.at(act.ms, () => void nodes.poisoned.delete(act.key));
    }
  }

  #addressee(to: Addressee): SimulatedNode | undefined {
    const { nodes } = this;
    return to === 'leader' ? (nodes.leading ?? nodes.a ?? nodes.b) : nodes[to];
  }
}
