// Clients of the primaries, and what their answers must be: one key is linearizable on the primary, and no answer
// is later than its bound. Within one process stamps order the history of a key, so that checking it is simple.
import { TandemError } from '../../lib/errors.ts';
import { PEER_TIMEOUT_MS } from '../../lib/peer/peer.ts';
import { compareStamps, isLive, type Stamp, type StoredRecord } from '../../lib/record.ts';
import { mayLackRecords } from '../../lib/replication/may-lack-records.ts';
import type { Condition } from '../../lib/store/store.ts';
import { type Checks, isAtLeast, name } from './checks.ts';
import type { Nodes, SimulatedNode } from './nodes.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** What a write asks for. `seen` is the stamp that some client saw last, `stale` the one before. */
export type Wish = 'always' | 'if absent' | 'if there' | 'if seen' | 'if stale';

export interface Write {
  readonly key: string;
  readonly isDeletion: boolean;
  readonly wish: Wish;
  /** Seconds until it expires. */
  readonly ttl?: number;
}

/**
 * A write waits for the request under way and for its own, which may follow a handshake or a refusal of half a second, then
 * a moment for the backlog to follow; the rest is for the store.
 */
export const WRITE_BOUND_MS = 2 * PEER_TIMEOUT_MS + 500 + 250 + 100;

export class Clients {
  /** Operations that have not been answered, and by whom they should be. */
  readonly waiting = new Map<string, Process>();
  readonly #world: World;
  readonly #checks: Checks;
  readonly #nodes: Nodes;
  readonly #seen = new Map<string, Stamp[]>();
  #count = 0;

  constructor(world: World, checks: Checks, nodes: Nodes) {
    this.#world = world;
    this.#checks = checks;
    this.#nodes = nodes;
  }

  async read({ process, store, primary }: SimulatedNode, key: string): Promise<void> {
    const id = this.#begin(process, `reads ${key}`);
    if (primary === undefined) return this.#end(id, 'no primary');
    const still = whether(process, key);
    const told = process.told.get(key);
    const entry = await store.get(key);
    const record = entry?.record;
    const now = process.now();
    if (entry === undefined && (await mayLackRecords(store, primary.replicaFacts))) return this.#end(id, 'recovering');
    if (entry === undefined) {
      this.#checks.absent(process, this.#nodes.otherOf(process)?.process, key, primary.replicaFacts.contentsId);
    }
    this.#end(id, record ? `${name(key, record)}${isLive(record, now) ? '' : ' (absent)'}` : 'nothing');
    if (told && !isAtLeast(record, told) && !isAtLeast(process.forgotten.get(key), told)) {
      this.#fail(`${id} got ${record ? name(key, record) : 'nothing'} after ${name(key, told)} had been answered`);
    }
    if (still.unchanged() && record !== still.record) this.#fail(`${id} got something else than was there all along`);
    if (record) this.#tell(process, key, record);
    if (record && isLive(record, now)) this.#see(key, record);
  }

  async write({ process, node, primary }: SimulatedNode, write: Write): Promise<void> {
    const { key, isDeletion, wish, ttl } = write;
    const condition = this.#conditionOf(key, wish);
    const id = this.#begin(process, `${isDeletion ? 'deletes' : 'writes'} ${key} ${wish}`);
    if (primary === undefined) return this.#end(id, 'no primary');
    const still = whether(process, key);
    const told = process.told.get(key);
    const replica = this.#nodes.otherOf(process)?.process;
    const epochThere = this.#checks.epochAt(replica);
    const startedAt = this.#world.now;
    const { stalledMs } = process;
    const stalledFor = Math.max(0, process.stalledUntil - startedAt);
    const earliest = process.now();
    const answer = await primary
      .write({
        key,
        ...(!isDeletion && { value: `"${id}"` }),
        ...(ttl && { expiry: { ttl } }),
        ...(condition && { condition }),
      })
      .catch((error: unknown) => error as Error);
    // A process that is stopped answers nobody.
    const took = this.#world.now - startedAt - stalledFor - (process.stalledMs - stalledMs);
    if (took > WRITE_BOUND_MS) this.#fail(`${id} took ${took} ms`);
    if (answer instanceof Error) {
      this.#end(id, answer instanceof TandemError ? answer.code : `${answer.stack}`);
      const hasGivenLead = node.roles.believed.grant !== undefined;
      if (hasGivenLead && answer instanceof TandemError && answer.code === 'not_primary') return;
      return this.#checkRefusal(id, process, answer, still, write, condition);
    }
    const { record, delivery } = answer;
    this.#end(id, `${name(key, record)}, ${delivery.replicated ? 'replicated' : delivery.error}`);
    const before = process.replaced.get(name(key, record));
    // The clock may have jumped between the request and its decision: what had expired by then was absent.
    const decidedAt = process.decidedAt.get(name(key, record)) ?? Number.NaN;
    if (!(decidedAt >= earliest && decidedAt <= process.now())) this.#fail(`${id} was decided at another time`);
    const live = before && isLive(before, decidedAt) ? before : undefined;
    if ((isDeletion && !live) || !isMet(condition, live)) this.#fail(`${id} was done although it must not`);
    if (told && compareStamps(record, told) <= 0) this.#fail(`${id} got no newer stamp than ${name(key, told)}`);
    this.#tell(process, key, record);
    this.#see(key, record);
    this.#checks.acknowledged(process, key, record);
    if (!delivery.replicated) return;
    const replicaNow = this.#nodes.otherOf(process)?.process;
    this.#checks.answeredReplicated(process, replicaNow, key, record, primary.replicaFacts.contentsId);
    if (primary.epoch < epochThere && replicaNow === replica) {
      this.#fail(`${id} was replicated for epoch ${primary.epoch}, after epoch ${epochThere} had begun there`);
    }
  }

  /** An operator dismisses every divergent write that is listed. */
  async dismiss({ process, store, primary }: SimulatedNode): Promise<void> {
    const id = this.#begin(process, 'dismisses the divergent writes');
    if (primary === undefined) return this.#end(id, 'no primary');
    const { entries } = await store.divergent({ limit: 100 });
    for (const { record } of entries) {
      // From now on it may be: the answer may be lost with the process.
      this.#checks.dismissed(record.key);
      const answer = await primary.write({ key: record.key }).catch((error: Error) => error);
      if (answer instanceof Error && !(answer instanceof TandemError)) this.#fail(`${id} failed: ${answer.stack}`);
    }
    this.#end(id, `${entries.length} dismissed`);
  }

  /** @param mayDiffer whether the nodes may differ: without faults they do not, whatever is written meanwhile */
  async repair({ process, primary }: SimulatedNode, limitMs: number, mayDiffer: boolean): Promise<void> {
    const id = this.#begin(process, `repairs for ${limitMs} ms`);
    if (primary === undefined) return this.#end(id, 'no primary');
    const report = await primary.repair(limitMs).catch((error: unknown) => error as Error);
    if (report instanceof Error) return this.#fail(`${id} failed: ${report.stack}`);
    this.#end(id, JSON.stringify(report));
    if (mayDiffer) return;
    if (report.keysDiffering > 0 || report.stoppedBy !== undefined || report.failed > 0) {
      this.#fail(`${id} found something to reconcile without any fault: ${JSON.stringify(report)}`);
    }
  }

  #checkRefusal(
    id: string,
    process: Process,
    error: Error,
    still: Still,
    { isDeletion }: Write,
    condition: Condition | undefined,
  ): void {
    const code = error instanceof TandemError ? error.code : error.name;
    if (code === 'switching') return;
    if (code === 'not_primary') {
      if (!this.#checks.wasReplaced(process)) this.#fail(`${id} was refused, although no other node took over`);
      return;
    }
    if (code === 'recovering') {
      // It may have been forgotten meanwhile.
      if (still.record && still.unchanged()) this.#fail(`${id} was refused (${code}) although the key is here`);
      return;
    }
    if (code !== 'precondition_failed' && code !== 'key_not_found') this.#fail(`${id} failed: ${error.stack}`);
    const { live } = still;
    if (still.unchanged() && isMet(condition, live) && !(isDeletion && !live)) {
      this.#fail(`${id} was refused (${code}) although it could be done all along`);
    }
  }

  #conditionOf(key: string, wish: Wish): Condition | undefined {
    if (wish === 'if absent') return { ifNoneMatch: '*' };
    if (wish === 'if there') return { ifMatch: '*' };
    const stamp = this.#seen.get(key)?.at(wish === 'if seen' ? -1 : -2);
    return wish === 'always' || stamp === undefined ? undefined : { ifMatch: [stamp] };
  }

  #begin(process: Process, what: string): string {
    const id = `client ${++this.#count} (${process.name})`;
    this.#world.trace(() => `${id} ${what}`);
    this.waiting.set(id, process);
    return id;
  }

  #end(id: string, answer: string): void {
    this.#world.trace(() => `${id} is answered: ${answer}`);
    this.waiting.delete(id);
  }

  #tell(process: Process, key: string, stamp: Stamp): void {
    if (!isAtLeast(process.told.get(key), stamp)) process.told.set(key, stamp);
  }

  #see(key: string, stamp: Stamp): void {
    const seen = this.#seen.get(key) ?? [];
    this.#seen.set(key, seen);
    seen.push(stamp);
  }

  #fail(what: string): void {
    this.#world.fail(what);
  }
}

interface Still {
  readonly record: StoredRecord | undefined;
  readonly live: StoredRecord | undefined;
  /** Whether nothing has happened to the key since, by a write or by time. */
  unchanged(): boolean;
}

function whether(process: Process, key: string): Still {
  const record = process.held.get(key)?.record;
  const changes = process.changes.get(key);
  const { offset } = process.machine;
  const live = record && isLive(record, process.now()) ? record : undefined;
  return {
    record,
    live,
    unchanged: () =>
      process.changes.get(key) === changes &&
      process.machine.offset === offset &&
      (live !== undefined) === (record !== undefined && isLive(record, process.now())),
  };
}

/** RFC 9110, once more and on its own: what lib/store/condition.ts must come to. */
function isMet(condition: Condition | undefined, live: StoredRecord | undefined): boolean {
  if (condition?.ifNoneMatch === '*') return live === undefined;
  if (condition?.ifMatch === '*') return live !== undefined;
  const [wanted] = (condition?.ifMatch as readonly Stamp[] | undefined) ?? [];
  return wanted === undefined || (live !== undefined && name('', wanted) === name('', live));
}
