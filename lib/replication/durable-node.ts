// One node whose contents outlive its processes, as one of these processes sees it. Each function of a deployed node has
// processes of its own: what they must agree on is in the store, and nothing goes on between two requests. A node over SQLite
// has one process: that asks the other node who leads when it starts, and tells it so.
import { TandemError } from '../errors.ts';
import { HANDSHAKE_TIMEOUT_MS, PeerError } from '../peer/peer.ts';
import type { Grant, Handshake, Switchover } from '../peer/wire.ts';
import type { NodeState } from '../store/store.ts';
import { type Admit, admission, otherContents } from './admit.ts';
import { announce } from './announce.ts';
import { epochAfter, parityOf, storedEpoch } from './current-epoch.ts';
import { describe } from './describe.ts';
import { lastContactSaver, savedLastContact } from './last-contact.ts';
import { ledPeer } from './led-peer.ts';
import { leads } from './meet.ts';
import type { Lead, Pair } from './pair.ts';
import type { NodeOptions, PairNode, Promotion } from './pair-node.ts';
import { createPrimary, type Primary } from './primary.ts';
import { Promotions } from './promotions.ts';
import { rememberedEpoch } from './remembered-epoch.ts';
import { repairLock } from './repair/lock.ts';
import { createReplica, type Replica } from './replica.ts';
import { ReplicaState } from './replica-state.ts';
import type { Roles } from './roles.ts';
import { type DigestServer, serveDigests } from './serve-digests.ts';
import { saveFirstReplicaState, shareReplicaState } from './shared-replica-state.ts';
import { askForLead, giveLead, grantIn, notInSync, refuseWhileSwitching, replaced } from './switchover.ts';
import { roleTeller } from './tell-role.ts';

/** How long requests wait for the other node's answer when this process starts, in milliseconds. */
const ASK_MS = 1000;

export interface DurableNodeOptions extends NodeOptions {
  readonly nodeState: NodeState;
  /** Names this process, among all that there will ever be. */
  readonly owner: string;
  readonly roles: Roles;
  /** Whether this is the only process of the node, and goes on between requests. */
  readonly isAlone?: boolean;
}

export class DurableNode implements PairNode {
  readonly roles: Roles;
  readonly replica: Replica;
  readonly digests: DigestServer;
  readonly isRecovering = false;
  readonly #options: DurableNodeOptions;
  readonly #pair: Pair;
  /** The primary of this process, and the term in which it leads. */
  #leading: { readonly term: number; readonly primary: Promise<Primary> } | undefined;
  /**
   * The highest epoch that the other node has told of, in whichever role: should this one lead without its consent, it begins
   * one above it. What it has not seen itself refuses no message: it may be of contents that are gone.
   */
  #heardEpoch = 0;
  readonly asked: Promise<void>;
  readonly #promotions = new Promotions((force) => this.#promote(force));
  readonly #tellRole: () => void;
  /** The epoch in which this process writes. Absent: it has not led since its node was the replica. */
  #epoch: number | undefined;

  constructor(options: DurableNodeOptions) {
    const { store, nodeState, clock, log, faultOf, happened } = options;
    this.#options = options;
    this.roles = options.roles;
    this.#tellRole = roleTeller({ ...options, isRecovering: () => false, epoch: () => this.#epoch });
    this.roles.observe(() => {
      if (this.roles.believed.role === 'replica') this.#epoch = undefined;
      this.#tellRole();
    });
    this.#pair = { ...options, describe: () => this.describe() };
    const gate = {
      id: () => store.id,
      raiseEpoch: rememberedEpoch(store, clock),
      highestEpoch: () => store.highestEpoch(),
      heardOf: (epoch: number) => this.#heardOf(epoch),
    };
    const admit: Admit = admission(gate, happened);
    const saveLastContact = lastContactSaver(nodeState, () => this.roles.believed.term);
    const told = { onCompared: this.#tellRole, ...(happened && { happened }) };
    this.replica = createReplica({ store, clock, log, admit, saveLastContact, ...told, ...(faultOf && { faultOf }) });
    this.digests = serveDigests(store, clock, admit);
    this.asked = options.isAlone ? this.#ask() : Promise.resolve();
  }

  get isTakingLead(): boolean {
    return this.#promotions.isUnderWay;
  }

  async primary(): Promise<Primary> {
    await this.asked;
    await this.#checkLead();
    const { term } = this.roles.believed;
    if (this.#leading?.term === term) return this.#leading.primary;
    const primary = this.#createPrimary(term);
    this.#leading = { term, primary };
    primary.catch(() => {
      if (this.#leading?.primary === primary) this.#leading = undefined;
    });
    return primary;
  }

  describe(): Promise<Handshake> {
    const { store, clock } = this.#options;
    return describe({ store, clock, roles: this.roles, isRecovering: () => false });
  }

  async handshake(said: Handshake): Promise<Handshake> {
    await this.hear(said);
    if (said.role === 'replica' && this.#options.isAlone) this.#inBackground(this.#announced(said));
    return this.describe();
  }

  async hear(said: Handshake): Promise<void> {
    const { store } = this.#options;
    this.#heardEpoch = Math.max(this.#heardEpoch, said.highestEpoch);
    if (leads(said) && !(await this.#heardOf(said.highestEpoch)) && said.owed !== undefined) {
      await this.replica.told(said.owed, said.oldestOwedMs);
    }
    const given = grantIn(said, store.id);
    if (given === undefined) return;
    const { role, term } = await this.roles.now(true);
    if (role === 'replica') await this.#take(term, given.grant, given.former);
  }

  async switchover({ from, to }: Switchover): Promise<Grant> {
    const { store, clock, isHeldBack = () => false } = this.#options;
    if (to !== store.id) throw otherContents(store.id);
    const { role, grant } = await this.roles.now(true);
    if (grant?.to === from) return grant;
    if (role !== 'primary') throw replaced();
    const primary = await this.primary();
    const parity = this.#parity === 0 ? 1 : 0;
    const given = await giveLead({ store, clock, roles: this.roles, primary, parity, isHeldBack }, from);
    this.#follow();
    return given;
  }

  promote(force: boolean): Promise<Promotion> {
    return this.#promotions.run(force);
  }

  /**
   * Asks the other node who leads, once. A replica goes on until a primary has heard of it, and has filled it; a primary learns
   * what its replica owes and lacks.
   */
  async #ask(): Promise<void> {
    const { peer, clock, log } = this.#options;
    try {
      if ((await this.roles.now()).role === 'replica') return await this.#follow();
      const answer = peer.handshake(await this.describe(), HANDSHAKE_TIMEOUT_MS).then(async (said) => {
        await this.hear(said);
        if (this.roles.believed.role === 'primary') this.#inBackground(this.#announced(said));
      });
      this.#inBackground(answer);
      await Promise.race([answer, clock.sleep(ASK_MS)]);
    } catch (error) {
      if (!(error instanceof PeerError)) log.error('the other node could not be asked who leads', {}, error);
    }
  }

  /** @returns resolves when the other node has been asked once who leads */
  #follow(): Promise<void> {
    if (!this.#options.isAlone) return Promise.resolve();
    const { ready, done } = announce({
      ...this.#options,
      describe: () => this.describe(),
      isReplica: () => this.roles.believed.role === 'replica',
      hear: (said) => this.hear(said),
    });
    this.#inBackground(done);
    return ready;
  }

  /** The other node is a replica, and has started, or was asked: it is served at once, not with the next write. */
  async #announced(said: Handshake): Promise<void> {
    if ((await this.roles.now()).role === 'replica') return;
    const primary = await this.primary();
    await primary.announced(said);
    if ((await this.#options.store.backlogSize()).count > 0) await primary.catchUp();
  }

  /** What nobody waits for. That the other node does not answer, or leads by now, is for whoever asks next. */
  #inBackground(work: Promise<unknown>): void {
    work.catch((error) => {
      if (error instanceof PeerError || error instanceof TandemError) return;
      this.#options.log.error('what goes on beside the requests has failed', {}, error);
    });
  }

  async #promote(force: boolean): Promise<Promotion> {
    const { role, term } = await this.roles.now(true);
    if (role === 'replica') return force ? this.#failOver(term) : this.#switchOver(term);
    await refuseWhileSwitching(this.roles, this.#options.clock);
    const primary = await this.primary();
    if (force) await primary.takeAbsenceForTrue();
    return { mode: 'none', epoch: primary.epoch, atRisk: 0 };
  }

  async #failOver(of: number): Promise<Promotion> {
    const { store, nodeState, clock, log } = this.#options;
    const isComplete = await store.isComplete();
    const atRisk = isComplete ? ((await savedLastContact(nodeState, of)).owed ?? null) : null;
    const { epoch: known } = await store.highestEpoch();
    const epoch = epochAfter(Math.max(known, this.#heardEpoch), clock.now(), this.#parity);
    log.warn('this node takes the lead without the primary', { epoch });
    if (!(await this.#lead(of, epoch, ReplicaState.ofNewPrimary(isComplete))))
      throw notInSync('another epoch has begun');
    await nodeState.claimEpoch(epoch);
    return { mode: 'failover', epoch, atRisk };
  }

  async #switchOver(of: number): Promise<Promotion> {
    const { store, peer } = this.#options;
    if (!(await store.isComplete())) throw notInSync('this replica is being refilled');
    const { grant, former } = await askForLead(peer, this.#pair.describe, store.id);
    if (!(await this.#take(of, grant, former))) throw notInSync('another primary has begun a later epoch');
    return { mode: 'switchover', epoch: grant.epoch, atRisk: 0 };
  }

  /** @returns whether the grant counts: not when a later epoch has been heard of since */
  #take(of: number, { epoch }: Grant, former: string): Promise<boolean> {
    const known = { contentsId: former, lastContactAt: this.#options.clock.now(), owesComparison: true };
    return this.#lead(of, epoch, new ReplicaState(known), epoch);
  }

  /**
   * The role is kept before the epoch: should this process end in between, another one begins an epoch.
   * @param of the term in which this was decided: this process may have slept since
   * @param given the epoch, where the other node gave the lead
   * @returns whether this node leads now: not when an epoch as high has been heard of
   */
  async #lead(of: number, epoch: number, { facts }: ReplicaState, given?: number): Promise<boolean> {
    const { store, nodeState, happened } = this.#options;
    const { epoch: highest, by } = await store.highestEpoch();
    const { role, term } = await this.roles.now(true);
    // In an epoch that it has begun this node has led: it may have given the lead away again.
    const isBegun = highest === epoch && by === store.id;
    if (isBegun || term !== of) return role === 'primary';
    if (highest >= epoch) return false;
    await saveFirstReplicaState(nodeState, facts, of + 1);
    if (!(await this.roles.lead(of, given)) || !(await this.#beginGiven())) return false;
    happened?.({ kind: 'promoted', mode: given === undefined ? 'failover' : 'switchover', epoch });
    return true;
  }

  /** Begins the epoch in which this node was given the lead. @returns `false` when that is void: it steps down again */
  async #beginGiven(): Promise<boolean> {
    const { nodeState, log } = this.#options;
    const { term, given } = this.roles.believed;
    if (given === undefined) return true;
    await nodeState.claimEpoch(given);
    const { own = 0, highest } = await nodeState.epochs();
    if (own >= given) return true;
    if (await this.roles.stepDown(term)) log.warn('another primary took over before this node led', { epoch: highest });
    return false;
  }

  get #parity() {
    return parityOf(this.#options.beginsAs);
  }

  /** A durable store has what it had, and its epoch continues. */
  async #createPrimary(of: number): Promise<Primary> {
    const { nodeState, clock, owner } = this.#options;
    const [currentEpoch, shared] = await Promise.all([
      storedEpoch(
        nodeState,
        clock,
        this.#parity,
        () => this.#checkRole(),
        (epoch) => {
          this.#epoch = epoch;
          this.#tellRole();
        },
      ),
      shareReplicaState(nodeState, clock.now(), of),
    ]);
    const lead: Lead = {
      check: () => this.#checkLead(),
      isHeld: () => {
        const { role, term } = this.roles.believed;
        return role === 'primary' && term === of;
      },
      lost: async (epoch) => void (await this.#heardOf(epoch)),
    };
    const { replicaState } = shared;
    const lock = repairLock(nodeState, clock, owner);
    const peer = ledPeer(this.#pair.peer, lead.isHeld);
    const parts = { peer, lead, currentEpoch, replicaState, shared, lock };
    return createPrimary({ ...this.#options, ...this.#pair, ...parts, goesOn: this.#options.isAlone ?? false });
  }

  /** Before an epoch is begun. @throws TandemError `not_primary` */
  async #checkRole(): Promise<void> {
    if ((await this.roles.now(true)).role === 'replica' || !(await this.#beginGiven())) throw replaced();
  }

  /** @throws TandemError `not_primary`, `switching` */
  async #checkLead(): Promise<void> {
    await this.roles.now();
    await refuseWhileSwitching(this.roles, this.#options.clock);
    if (this.roles.believed.role === 'replica') throw replaced();
  }

  /**
   * Another node leads in this epoch: this one steps down, if it led in an earlier one.
   * @returns whether it leads nevertheless
   */
  async #heardOf(epoch: number): Promise<boolean> {
    const { store, nodeState, log } = this.#options;
    const { role, term } = await this.roles.now();
    if (role === 'replica') return false;
    const { own = 0 } = await nodeState.epochs();
    if (own >= epoch) return (await this.roles.now(true)).role === 'primary';
    if (await this.roles.stepDown(term)) {
      log.warn('another primary took over: this node is the replica now', { epoch });
      this.#follow();
    }
    // Should this node lead again, it begins an epoch above that one.
    await store.raiseEpoch(epoch);
    return false;
  }
}
