// One node that holds its contents in memory: it asks the other one who leads when it starts, and changes its role with what
// it hears. docs/protocol.md draws its life.
import { TandemError } from '../errors.ts';
import { inTurn } from '../in-turn.ts';
import { HANDSHAKE_TIMEOUT_MS, PeerError } from '../peer/peer.ts';
import type { Grant, Handshake, Switchover } from '../peer/wire.ts';
import { type Admit, admission, otherContents } from './admit.ts';
import { announce } from './announce.ts';
import { beginEpoch, type CurrentEpoch, type Parity, parityOf, processEpoch } from './current-epoch.ts';
import { describe } from './describe.ts';
import { ledPeer } from './led-peer.ts';
import { askReplica, leads } from './meet.ts';
import type { Lead, Pair } from './pair.ts';
import type { NodeOptions, PairNode, Promotion } from './pair-node.ts';
import { createPrimary, type Primary } from './primary.ts';
import { Promotions } from './promotions.ts';
import { recover } from './repair/recover.ts';
import { createReplica, type Replica } from './replica.ts';
import { ReplicaState } from './replica-state.ts';
import { Roles } from './roles.ts';
import { type DigestServer, serveDigests } from './serve-digests.ts';
import { askForLead, giveLead, grantIn, notInSync, refuseWhileSwitching, replaced, switching } from './switchover.ts';
import { roleTeller } from './tell-role.ts';

/** A recovery that is under way. */
interface Recovering {
  /** Ends it: an operator has decided, or another node leads. */
  readonly ended: PromiseWithResolvers<'forced' | 'led'>;
  readonly done: Promise<void>;
}

export class MemoryNode implements PairNode {
  readonly roles: Roles;
  readonly replica: Replica;
  readonly digests: DigestServer;
  /** While it asks it is recovering, or holds messages up. */
  readonly asked = Promise.resolve();
  readonly #options: NodeOptions;
  readonly #parity: Parity;
  readonly #pair: Pair;
  #primary: Primary | undefined;
  #recovering: Recovering | undefined;
  readonly #promotions = new Promotions((force) => this.#promote(force));
  readonly #tellRole: () => void;
  /** It has been the primary since it started. Whoever has replaced it then may lead still, if not at the peer's address. */
  #hasLed = false;
  /** The epoch in which it was last given the lead. */
  #epochTaken: number | undefined;
  /** Takes the lead in one way at a time: as it was given, or by force. */
  readonly #takingLead = inTurn();
  /**
   * The highest epoch that the other node has told of, in whichever role: should this one lead without its consent, it begins
   * one above it. What it has not seen itself refuses no message: it may be of contents that are gone.
   */
  #heardEpoch = 0;
  /** How many keys the primary last said that it holds. */
  #keysThere: number | undefined;
  /** Messages wait for it: a replica that has just started asks first who leads. */
  #ready: Promise<void> = Promise.resolve();

  constructor(options: NodeOptions) {
    const { store, clock, log, faultOf, beginsAs, happened } = options;
    this.#options = options;
    this.#parity = parityOf(beginsAs);
    const roles = new Roles(store, clock, beginsAs);
    this.roles = roles;
    const epoch = () => this.#primary?.epoch;
    this.#tellRole = roleTeller({ ...options, roles, isRecovering: () => this.isRecovering, epoch });
    roles.observe(this.#tellRole);
    this.#pair = { ...options, describe: () => this.describe() };
    const gate = {
      id: () => store.id,
      raiseEpoch: store.raiseEpoch,
      highestEpoch: store.highestEpoch,
      heardOf: (epoch: number) => this.#heardOf(epoch),
    };
    const letIn = admission(gate, happened);
    const admit: Admit = async (sender) => {
      await this.#ready;
      await letIn(sender);
    };
    const told = { onCompared: this.#tellRole, ...(happened && { happened }) };
    this.replica = createReplica({ store, clock, log, admit, ...told, ...(faultOf && { faultOf }) });
    this.digests = serveDigests(store, clock, admit);
    if (beginsAs === 'primary') this.#recover();
    else this.#ready = this.#follow();
    this.#tellRole();
  }

  get isRecovering(): boolean {
    return this.#recovering !== undefined;
  }

  get isTakingLead(): boolean {
    return this.#promotions.isUnderWay;
  }

  /** The primary, while this node leads and has recovered. */
  get leading(): Primary | undefined {
    return this.#primary;
  }

  async primary(): Promise<Primary> {
    if (this.#recovering) throw recovering();
    if (!this.#primary) throw replaced();
    return this.#primary;
  }

  describe(): Promise<Handshake> {
    const { store, clock } = this.#options;
    return describe({ store, clock, roles: this.roles, isRecovering: () => this.isRecovering });
  }

  async handshake(said: Handshake): Promise<Handshake> {
    await this.#hear(said);
    if (said.role === 'replica') void this.#primary?.announced(said);
    return this.describe();
  }

  async hear(said: Handshake): Promise<void> {
    await this.#hear(said);
    await this.#primary?.hear(said);
  }

  async switchover({ from, to }: Switchover): Promise<Grant> {
    const { store, clock, isHeldBack = () => false } = this.#options;
    if (to !== store.id) throw otherContents(store.id);
    if (this.isRecovering) throw recovering();
    const { grant } = this.roles.believed;
    if (grant?.to === from) return grant;
    const primary = this.#primary;
    if (!primary) throw replaced();
    const parity = this.#parity === 0 ? 1 : 0;
    const given = await giveLead({ store, clock, roles: this.roles, primary, parity, isHeldBack }, from);
    this.#followed();
    return given;
  }

  promote(force: boolean): Promise<Promotion> {
    return this.#promotions.run(force);
  }

  async #promote(force: boolean): Promise<Promotion> {
    if (this.#recovering) return this.#endRecovery(this.#recovering, force);
    if (this.roles.believed.role === 'replica') {
      if (!force) return this.#switchOver();
      const promotion = await this.#takingLead(() => this.#failOver());
      if (promotion) return promotion;
    }
    await refuseWhileSwitching(this.roles, this.#options.clock);
    if (force) await this.#primary?.takeAbsenceForTrue();
    return { mode: 'none', epoch: this.#primary?.epoch ?? 0, atRisk: 0 };
  }

  async #endRecovery({ ended, done }: Recovering, force: boolean): Promise<Promotion> {
    if (!force) throw recovering();
    ended.resolve('forced');
    await done;
    await this.#primary?.takeAbsenceForTrue();
    const epoch = this.#primary?.epoch ?? 0;
    this.#options.happened?.({ kind: 'promoted', mode: 'failover', epoch });
    return { mode: 'failover', epoch, atRisk: null };
  }

  /** @returns `undefined`: it has been given the lead meanwhile */
  async #failOver(): Promise<Promotion | undefined> {
    if (this.roles.believed.role === 'primary') return undefined;
    const { store, clock, log } = this.#options;
    const isComplete = await store.isComplete();
    const atRisk = await this.#atRisk(isComplete);
    const epoch = await beginEpoch(store, clock, this.#parity, this.#heardEpoch);
    log.warn('this node takes the lead without the primary', { epoch });
    await this.#lead(epoch, ReplicaState.ofNewPrimary(isComplete), true);
    return { mode: 'failover', epoch, atRisk };
  }

  async #switchOver(): Promise<Promotion> {
    const { store, peer } = this.#options;
    if (!(await store.isComplete())) throw notInSync('this replica is being refilled');
    const { grant, former } = await askForLead(peer, this.#pair.describe, store.id);
    if (!(await this.#given(grant, former))) throw notInSync('another primary has begun a later epoch');
    return { mode: 'switchover', epoch: grant.epoch, atRisk: 0 };
  }

  /** @returns whether the grant counts: not when a later epoch has been heard of since */
  #given(grant: Grant, former: string): Promise<boolean> {
    return this.#takingLead(() => this.#take(grant, former));
  }

  async #take({ epoch }: Grant, former: string): Promise<boolean> {
    const { store, clock } = this.#options;
    const seen = await store.raiseEpoch(epoch, store.id);
    if (seen.epoch !== epoch || seen.by !== store.id) return false;
    // The same may be said twice.
    if ((this.#epochTaken ?? 0) >= epoch) return true;
    this.#epochTaken = epoch;
    const known = { contentsId: former, lastContactAt: clock.now(), owesComparison: true };
    await this.#lead(epoch, new ReplicaState(known));
    return true;
  }

  /** What the former primary last said that it owed; and of what a refill was to bring, what is not here yet. */
  async #atRisk(isComplete: boolean): Promise<number | null> {
    const { store, clock } = this.#options;
    const { owedThen } = this.replica;
    if (isComplete) return owedThen ?? null;
    const { count } = await store.count(clock.now());
    return this.#keysThere === undefined ? null : Math.max(0, this.#keysThere - count) + (owedThen ?? 0);
  }

  /** @param isForced the former primary was not asked, and may be lost */
  async #lead(epoch: number, replicaState: ReplicaState, isForced = false): Promise<void> {
    const primary = this.#createPrimary(this.#processEpoch(epoch), replicaState, isForced);
    // There is a primary as soon as the role says so.
    this.#primary = primary;
    await this.roles.lead();
    this.#options.happened?.({ kind: 'promoted', mode: isForced ? 'failover' : 'switchover', epoch });
    if (this.#primary === primary) void this.#tellReplica(primary);
  }

  /** Tells the other node that this one leads, and learns what it is. */
  async #tellReplica(primary: Primary): Promise<void> {
    try {
      const said = await askReplica(this.#pair, HANDSHAKE_TIMEOUT_MS);
      if (this.#primary === primary) await primary.hear(said);
    } catch (error) {
      if (error instanceof PeerError) return error.failure.said && this.#hear(error.failure.said);
      this.#options.log.error('the other node could not be told that this one leads', {}, error);
    }
  }

  #createPrimary(currentEpoch: CurrentEpoch, replicaState: ReplicaState, isReplicaDoubted = false): Primary {
    const { clock } = this.#options;
    this.#hasLed = true;
    const lead: Lead = {
      check: async () => {
        await refuseWhileSwitching(this.roles, clock);
        // It is about to lead, or leads no more.
        if (this.roles.believed.role === 'replica') throw this.#primary === primary ? switching() : replaced();
        // The node leads in a later epoch since a moment.
        if (this.#primary !== primary) throw switching();
      },
      isHeld: () => this.#primary === primary,
      lost: async (epoch) => {
        // What a primary hears that this node is no more, or again in a later epoch, does not count.
        if (this.#primary !== primary || epoch < primary.epoch) return;
        await this.#replacedBy(epoch, this.roles.believed.term);
      },
    };
    const peer = ledPeer(this.#pair.peer, lead.isHeld);
    const state = { currentEpoch, replicaState, isReplicaDoubted };
    const primary = createPrimary({ ...this.#options, ...this.#pair, ...state, peer, lead, goesOn: true });
    return primary;
  }

  /** @param term in which this node led when it heard of it */
  async #replacedBy(epoch: number, term: number): Promise<void> {
    const { store, log } = this.#options;
    if (await this.#stepDown(term)) log.warn('another primary took over: this node is the replica now', { epoch });
    // Should this node lead again, it begins an epoch above that one.
    await store.raiseEpoch(epoch);
  }

  async #stepDown(term: number): Promise<boolean> {
    const hasSteppedDown = await this.roles.stepDown(term);
    if (hasSteppedDown) this.#followed();
    return hasSteppedDown;
  }

  /** This node was the primary, and is the replica from now on. */
  #followed(): void {
    this.#primary = undefined;
    void this.#follow();
  }

  /** @returns resolves when the other node has been asked once who leads */
  #follow(): Promise<void> {
    const { store, peer, clock, log } = this.#options;
    const { ready, done } = announce({
      peer,
      store,
      clock,
      describe: () => this.describe(),
      isReplica: () => this.roles.believed.role === 'replica',
      hear: (said) => this.#hearAnswer(said),
    });
    done.catch((error) => log.error('the replica could not tell its primary of itself', {}, error));
    return ready;
  }

  /** A replica that has started empty, and whose peer is a replica that has known a primary, was that primary. */
  async #hearAnswer(said: Handshake): Promise<void> {
    await this.#hear(said);
    const { store } = this.#options;
    const wasPrimary = said.role === 'replica' && said.highestEpoch > 0 && !(await store.isComplete());
    if (!wasPrimary || this.#hasLed || this.roles.believed.role !== 'replica' || this.isTakingLead) return;
    this.#recover();
  }

  async #hear(said: Handshake): Promise<void> {
    const { store } = this.#options;
    this.#heardEpoch = Math.max(this.#heardEpoch, said.highestEpoch);
    if (leads(said)) {
      this.#keysThere = said.keys;
      if (said.owed !== undefined && this.roles.believed.role === 'replica')
        await this.replica.told(said.owed, said.oldestOwedMs);
      await this.#heardOf(said.highestEpoch);
    }
    const given = grantIn(said, store.id);
    if (given && !this.#primary && !this.#recovering) await this.#given(given.grant, given.former);
  }

  /** @returns whether this node leads nevertheless */
  async #heardOf(epoch: number): Promise<boolean> {
    if (this.#recovering) {
      this.#recovering.ended.resolve('led');
      await this.#recovering.done;
      return false;
    }
    const { role, term } = this.roles.believed;
    if (role === 'replica') return false;
    const { store } = this.#options;
    const highest = await store.highestEpoch();
    // The epoch may be one that this node is about to lead in. One that it has only heard of replaces it, too.
    if (highest.epoch >= epoch && highest.by === store.id) return true;
    await this.#replacedBy(Math.max(epoch, highest.epoch), term);
    return false;
  }

  #recover(): void {
    const ended = Promise.withResolvers<'forced' | 'led'>();
    const done = this.#recoverUntil(ended.promise).catch((error) => {
      this.#options.log.error('the primary could not start', {}, error);
    });
    this.#recovering = { ended, done };
    this.#tellRole();
  }

  #processEpoch(first: number): CurrentEpoch {
    const { store, clock, retentionMs } = this.#options;
    return processEpoch(store, clock, first, this.#parity, retentionMs, this.#tellRole);
  }

  async #recoverUntil(ended: Promise<'forced' | 'led'>): Promise<void> {
    const { store, clock, log } = this.#options;
    await this.roles.lead();
    const recovery = await recover({ ...this.#pair, log, parity: this.#parity, ended });
    if (recovery === undefined) {
      this.#recovering = undefined;
      await this.#stepDown(this.roles.believed.term);
      return;
    }
    const { epoch, recoveredFrom, isEqual } = recovery;
    // A node that has led before may have written what the replica has not got.
    const { count: owed } = await store.backlogSize();
    const isInSync = isEqual && owed === 0 && recoveredFrom?.state === 'serving';
    if (recoveredFrom) await store.completed();
    const replicaState = recoveredFrom
      ? ReplicaState.recoveredFrom(recoveredFrom.id, clock.now(), isInSync)
      : new ReplicaState({ hasStartedAlone: true });
    const { count } = await store.count(clock.now());
    if (recoveredFrom?.state === 'refilling' && count > 0)
      log.warn('the replica was being refilled: what it still lacked is lost', { recovered: count });
    const primary = this.#createPrimary(this.#processEpoch(epoch), replicaState);
    this.#primary = primary;
    this.#recovering = undefined;
    this.#tellRole();
    // A replica that has started meanwhile has said so to nobody.
    if (!isInSync) void this.#tellReplica(primary);
  }
}

/** The error of a request that a primary does not answer before it has recovered. */
export function recovering(): TandemError {
  const detail =
    'This primary has just started and is asking the replica what it holds. Try again; GET /status says what it waits for.';
  return new TandemError('recovering', detail);
}
