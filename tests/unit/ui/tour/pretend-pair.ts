// Two nodes in short: they write, copy, fail, start and change roles as real ones do, and the console sees of them what it would see
// of real ones. For tests of the tour, where any order of deeds has to be tried many times.
import type { NamedOutcome, NamedRecord, ReplicationEvent } from '../../../../lib/telemetry/events.ts';
import type { Look, NodeName } from '../../../../ui/recording/observation.ts';
import type { Deed } from '../../../../ui/tour/deed.ts';
import { NO_PAGE_FACTS, type PageFacts } from '../../../../ui/tour/page-facts.ts';
import type { Fact } from '../../../../ui/tour/world.ts';

const FAILURES = 5;
/** An open circuit lets a write try after this time, in milliseconds: the first of each deed, as of somebody who takes their time. */
const OPEN_MS = 1000;

interface Held {
  readonly epoch: number;
  readonly version: number;
  readonly value: string;
}

interface PretendNode {
  process: 'running' | 'frozen' | 'stopped';
  role: 'primary' | 'replica';
  epoch: number;
  contents: number;
  held: Map<string, Held>;
  /** What the other node has not acknowledged. */
  owed: Set<string>;
  faults: { kind: 'drop_request' | 'drop_reply'; count: number | null }[];
  failures: number;
  isOpen: boolean;
  openedAt: number;
}

export interface PretendPair {
  /** Does it, and tells what is seen of it. */
  perform(deed: Deed): readonly Fact[];
  /** A look at both nodes. */
  look(): readonly Fact[];
  /** What happens by itself within a minute. */
  heal(): readonly Fact[];
}

const otherOf = (node: NodeName): NodeName => (node === 'a' ? 'b' : 'a');

/**
 * @param page what differs from a page on the console's own server
 * @param first of each deed, what this node tells comes before what the other one does: each is asked by itself
 */
export function pretendPair(page: Partial<PageFacts> = {}, first?: NodeName): PretendPair {
  const nodes: Record<NodeName, PretendNode> = { a: fresh('primary', 0), b: fresh('replica', 1) };
  let facts: Fact[] = [];
  let at = 1_000_000;
  let seq = 0;
  let epochs = 1;
  let contents = 1;
  let requests = 0;
  let divergent = 0;
  let isCompared = true;
  let isLive = true;
  let drawer: PageFacts['drawer'];
  nodes.a.epoch = epochs;

  function fresh(role: 'primary' | 'replica', id: number): PretendNode {
    const nothing = { held: new Map(), owed: new Set<string>(), faults: [], failures: 0, isOpen: false, openedAt: 0 };
    return { process: 'running', role, epoch: 0, contents: id, ...nothing };
  }

  const tell = (node: NodeName, event: ReplicationEvent) => {
    at += 1;
    facts.push({ at, what: 'event', node, process: `${nodes[node].contents}`, event: { ...event, seq: ++seq, at } });
  };
  const isUp = (node: NodeName) => nodes[node].process === 'running';
  const has = (node: NodeName, kind: string) => isUp(node) && nodes[node].faults.some((fault) => fault.kind === kind);
  const isCut = () => has('a', 'drop_request') || has('b', 'drop_request');
  const leading = () =>
    (['a', 'b'] as const)
      .filter((node) => isUp(node) && nodes[node].role === 'primary')
      .sort((x, y) => nodes[y].epoch - nodes[x].epoch);

  function acts(node: NodeName, kind: 'drop_request' | 'drop_reply', record: NamedRecord): boolean {
    const fault = isUp(node) ? nodes[node].faults.find((each) => each.kind === kind) : undefined;
    if (!fault) return false;
    if (fault.count !== null && --fault.count === 0)
      nodes[node].faults = nodes[node].faults.filter((each) => each !== fault);
    tell(node, { kind: 'fault', fault: kind, records: [record], count: 1 });
    return true;
  }

  function failed(node: NodeName, record: NamedRecord): void {
    const own = nodes[node];
    tell(node, {
      kind: 'unanswered',
      request: requests,
      durationMs: 3,
      error: 'no answer',
      records: [record],
      count: 1,
    });
    if (++own.failures < FAILURES) return;
    own.openedAt = at;
    if (own.isOpen) return;
    own.isOpen = true;
    tell(node, { kind: 'circuit', state: 'open' });
  }

  /** Sends what the key is now. */
  function ship(node: NodeName, key: string): void {
    const [own, to] = [nodes[node], otherOf(node)];
    const held = own.held.get(key);
    if (!held) return;
    const record: NamedRecord = { key, epoch: held.epoch, version: held.version };
    if (own.isOpen && at - own.openedAt < OPEN_MS) {
      tell(node, { kind: 'not_tried', error: 'the circuit is open', records: [record], count: 1 });
      return;
    }
    tell(node, { kind: 'sent', request: ++requests, retried: 0, records: [record], count: 1 });
    const isLost = acts(node, 'drop_request', record) || !isUp(to) || acts(to, 'drop_request', record);
    if (isLost) failed(node, record);
    else if (nodes[to].role === 'primary') meet();
    else arrive(node, to, key, held, record);
  }

  function arrive(node: NodeName, to: NodeName, key: string, held: Held, record: NamedRecord): void {
    const own = nodes[node];
    const outcome = take(to, key, held);
    const told: NamedOutcome = { ...record, outcome };
    tell(to, { kind: 'received', records: [record], count: 1 });
    tell(to, { kind: 'taken', durationMs: 1, records: [told], count: 1 });
    if (acts(to, 'drop_reply', record) || acts(node, 'drop_reply', record)) {
      failed(node, record);
      return;
    }
    tell(node, { kind: 'answered', request: requests, durationMs: 2, records: [told], count: 1 });
    own.failures = 0;
    if (own.isOpen) tell(node, { kind: 'circuit', state: 'closed' });
    own.isOpen = false;
    if (outcome !== 'failed') own.owed.delete(key);
  }

  function take(node: NodeName, key: string, held: Held): 'applied' | 'same' | 'failed' {
    const own = nodes[node].held.get(key);
    if (own?.epoch === held.epoch && own.version === held.version) return 'same';
    if (held.value === '__fail__') return 'failed';
    nodes[node].held.set(key, held);
    return 'applied';
  }

  /** Of two that lead, the one of the earlier epoch follows, and brings what only it has. */
  function meet(): void {
    const [winner, loser] = leading();
    if (!winner || !loser || isCut()) return;
    for (const key of nodes[loser].owed) {
      const held = nodes[loser].held.get(key);
      if (!held) continue;
      if ((nodes[winner].held.get(key)?.epoch ?? 0) < nodes[winner].epoch) nodes[winner].held.set(key, held);
      else {
        divergent += 1;
        tell(winner, { kind: 'divergent', key, epoch: held.epoch, version: held.version });
      }
    }
    nodes[loser].role = 'replica';
    nodes[loser].owed.clear();
    tell(loser, { kind: 'role', role: 'replica', state: 'serving' });
    equalize(winner);
  }

  /** Both hold the same, but for what is refused. */
  function equalize(leader: NodeName): void {
    const [own, other] = [nodes[leader], nodes[otherOf(leader)]];
    for (const key of own.owed) ship(leader, key);
    const refused = [...own.owed];
    for (const [key, held] of own.held) if (!refused.includes(key)) other.held.set(key, held);
    isCompared = true;
  }

  function repair(): void {
    const [leader] = leading();
    if (!leader) return;
    if (leading().length === 2) {
      meet();
      return;
    }
    const own = nodes[leader];
    own.isOpen = false;
    own.failures = 0;
    tell(leader, { kind: 'circuit', state: 'closed' });
    if (isUp(otherOf(leader)) && !isCut()) equalize(leader);
    else for (const key of own.owed) ship(leader, key);
  }

  function put(key: string, value: string): void {
    const [leader] = leading();
    if (!leader) return;
    const own = nodes[leader];
    const before = own.held.get(key);
    const held = { epoch: own.epoch, version: (before?.version ?? 0) + 1, value };
    own.held.set(key, held);
    own.owed.add(key);
    tell(leader, { kind: 'written', key, epoch: held.epoch, version: held.version });
    ship(leader, key);
    answer(leader, 'PUT', key, own.owed.has(key) ? 202 : 200);
  }

  function answer(to: NodeName, method: string, key: string, status: number): void {
    at += 1;
    facts.push({ at, what: 'client', exchange: { request: ++requests, to, method, path: `/key/${key}`, key, status } });
  }

  function start(node: NodeName): void {
    const other = nodes[otherOf(node)];
    const isMet = isUp(otherOf(node)) && !isCut();
    const role = isMet && other.role === 'primary' ? 'replica' : nodes[node].role;
    nodes[node] = { ...fresh(role, ++contents), epoch: role === 'primary' ? ++epochs : 0 };
    tell(node, { kind: 'started' });
    if (!isMet) isCompared = false;
    else if (role === 'replica') equalize(otherOf(node));
    else {
      nodes[node].held = new Map(other.held);
      isCompared = true;
    }
  }

  function launch(node: NodeName, action: string): void {
    const own = nodes[node];
    if (action === 'kill' || action === 'stop') {
      nodes[node] = { ...fresh(own.role, own.contents), process: 'stopped' };
      isCompared = false;
    } else if (action === 'freeze' && own.process === 'running') own.process = 'frozen';
    else if (action === 'thaw' && own.process === 'frozen') own.process = 'running';
    else if (action === 'start' && own.process === 'stopped') start(node);
    const state = nodes[node].process;
    facts.push({ at, what: 'process', node, state, ended: state === 'stopped' ? 'killed' : null });
  }

  function promote(node: NodeName): void {
    if (!isUp(node) || nodes[node].role === 'primary') return;
    nodes[node].role = 'primary';
    nodes[node].epoch = ++epochs;
    isCompared = false;
    tell(node, { kind: 'promoted', mode: 'failover', epoch: epochs });
  }

  function pageNow(): PageFacts {
    const faults = { a: isUp('a') ? nodes.a.faults : undefined, b: isUp('b') ? nodes.b.faults : undefined };
    const told = (list: PretendNode['faults'] | undefined) =>
      list?.map(({ kind }) => ({ kind, keyPrefix: '', probability: 1 }));
    const own = { a: told(faults.a), b: told(faults.b) };
    return { ...NO_PAGE_FACTS, hasLauncher: true, store: 'memory', faults: own, isLive, drawer, ...page };
  }

  function lookOf(node: NodeName): Look {
    if (!isUp(node)) return { state: 'down' };
    const { role, epoch, contents: id, held, owed, isOpen } = nodes[node];
    const look = { state: 'up', role, id: `${id}`, epoch, keys: held.size } as const;
    if (role === 'replica') return look;
    const isJoined = isUp(otherOf(node)) && nodes[otherOf(node)].role === 'replica' && !isCut();
    const inSync = isJoined && isCompared && owed.size === 0;
    return { ...look, backlog: owed.size, inSync, divergent, circuit: isOpen ? 'open' : 'closed' };
  }

  function looks(): void {
    at += 1000;
    if (divergent === 0 && drawer === 'divergent') drawer = undefined;
    for (const node of ['a', 'b'] as const) facts.push({ at, what: 'look', node, look: lookOf(node) });
    facts.push({ at, what: 'page', page: pageNow() });
  }

  function act(deed: Deed): void {
    if (deed.do === 'put') for (const key of deed.keys) put(key, deed.value);
    else if (deed.do === 'get')
      answer(deed.node, 'GET', deed.key, isUp(deed.node) ? (nodes[deed.node].held.has(deed.key) ? 200 : 404) : 0);
    else if (deed.do === 'launch') launch(deed.node, deed.action);
    else if (deed.do === 'promote') promote(deed.node);
    else if (deed.do === 'fault') {
      const kind = deed.kind === 'drop_reply' ? 'drop_reply' : 'drop_request';
      for (const node of deed.nodes) if (isUp(node)) nodes[node].faults.push({ kind, count: deed.count });
      isCompared &&= kind === 'drop_reply';
    } else if (deed.do === 'clear faults') for (const node of ['a', 'b'] as const) nodes[node].faults = [];
    else if (deed.do === 'repair') repair();
    else if (deed.do === 'open drawer') drawer = deed.drawer === 'divergent' && divergent === 0 ? drawer : deed.drawer;
    else isLive = true;
  }

  const told = (done: () => void): readonly Fact[] => {
    facts = [];
    done();
    if (first === undefined) return facts;
    const isLate = (fact: Fact) => fact.what === 'event' && fact.node !== first;
    const looks = facts.findIndex(({ what }) => what === 'look');
    const told = facts.slice(0, looks);
    return [...told.filter((fact) => !isLate(fact)), ...told.filter(isLate), ...facts.slice(looks)];
  };
  return {
    perform: (deed) =>
      told(() => {
        act(deed);
        looks();
      }),
    look: () => told(looks),
    heal: () =>
      told(() => {
        repair();
        looks();
      }),
  };
}
