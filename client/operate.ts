// What an operator asks: how the nodes are, what is owed, what a failover has left behind, who leads, failures on purpose.

import type { Address } from './addresses.ts';
import type {
  Acknowledged,
  ActiveFault,
  BacklogPage,
  DivergentPage,
  Fault,
  FaultList,
  NodeStatus,
  Promoted,
  RepairReport,
} from './answers.ts';
import type { CallOptions, Context } from './context.ts';
import { keyPath, withQuery } from './key-path.ts';
import type { NodeName } from './options.ts';
import type { NodeRequest } from './request.ts';
import { pageIn, withEtag } from './tagged.ts';

/** A repair, and a promotion, may take so much longer than other requests, in milliseconds. */
const LONG_MS = 25_000;

export interface NodeOptions extends CallOptions {
  /** The node at the address that was given as this. Absent: the one that leads. */
  readonly node?: NodeName;
}

export interface PageOptions extends CallOptions {
  /** How many at most: 1 to 1,000. */
  readonly limit?: number;
  /** The `cursor` of the page before. */
  readonly cursor?: string;
}

export interface PromoteOptions extends CallOptions {
  /** The node that is to lead. Absent: the one that does not lead now, as far as the client knows. */
  readonly node?: NodeName;
  /** At once, with what it holds: without the primary, whose writes that it has not got may be lost. */
  readonly force?: boolean;
}

export async function nodeStatus(context: Context, { node, signal }: NodeOptions = {}): Promise<NodeStatus> {
  const request = { method: 'GET', path: '/status' } as const;
  const to = node === undefined ? 'leader' : context.addresses.named(node);
  return (await context.send({ to, request, signal })).body as NodeStatus;
}

export async function backlog({ send }: Context, { signal, ...query }: PageOptions = {}): Promise<BacklogPage> {
  const request = { method: 'GET', path: withQuery('/backlog', { ...query }) } as const;
  const page = pageIn<BacklogPage>(await send({ to: 'leader', request, signal }), 'records');
  return { ...page, records: page.records.map(withEtag) };
}

export async function repair({ send }: Context, { signal }: CallOptions = {}): Promise<RepairReport> {
  const request = { method: 'POST', path: '/repair' } as const;
  // A second repair finds nothing left to do.
  return (await send({ to: 'leader', request, write: 'repeatable', waitMs: LONG_MS, signal })).body as RepairReport;
}

export async function promote(context: Context, options: PromoteOptions = {}): Promise<Promoted> {
  const { addresses } = context;
  const { node, force = false, signal } = options;
  const to = node === undefined ? (addresses.other(addresses.leader) ?? addresses.leader) : addresses.named(node);
  const request = { method: 'POST', path: '/promote', body: JSON.stringify({ force }) } as const;
  // Asked twice, it says the second time that it leads already.
  const { body } = await context.send({ to, request, write: 'repeatable', waitMs: LONG_MS, signal });
  addresses.leads(to);
  return body as Promoted;
}

export async function divergent({ send }: Context, { signal, ...query }: PageOptions = {}): Promise<DivergentPage> {
  const request = { method: 'GET', path: withQuery('/divergent', { ...query }) } as const;
  const page = pageIn<DivergentPage>(await send({ to: 'leader', request, signal }), 'writes');
  return { ...page, writes: page.writes.map(withEtag) };
}

/** @param key absent: of all keys */
export async function acknowledge(
  { send }: Context,
  key: string | undefined,
  { signal }: CallOptions = {},
): Promise<Acknowledged> {
  const path = key === undefined ? '/divergent' : keyPath('/divergent', key);
  const request = { method: 'DELETE', path } as const;
  const answered = await send({
    to: 'leader',
    request,
    write: 'repeatable',
    expects: ['key_not_found'],
    waitMs: LONG_MS,
    signal,
  });
  return answered.status === 404 ? { acknowledged: 0, complete: true } : (answered.body as Acknowledged);
}

/** The failures on purpose of one node. There are none where fault injection is off: `no_such_route`. */
export interface Faults {
  list(options?: CallOptions): Promise<FaultList>;
  /** Switches these on, and all others off. */
  set(faults: readonly Fault[], options?: CallOptions): Promise<FaultList>;
  /** Switches one more on. */
  add(fault: Fault, options?: CallOptions): Promise<ActiveFault>;
  /** @returns `false`: it was not on any more */
  remove(id: string, options?: CallOptions): Promise<boolean>;
  clear(options?: CallOptions): Promise<FaultList>;
}

export function faultsOf({ send }: Context, to: Address): Faults {
  const ask = async (method: NodeRequest['method'], body: object | undefined, options: CallOptions = {}) => {
    const request = { method, path: '/faults', ...(body && { body: JSON.stringify(body) }) };
    const write = method === 'GET' ? {} : { write: method === 'POST' ? ('once' as const) : ('repeatable' as const) };
    return (await send({ to, request, ...write, signal: options.signal })).body;
  };
  return {
    list: async (options) => (await ask('GET', undefined, options)) as FaultList,
    set: async (faults, options) => (await ask('PUT', { faults }, options)) as FaultList,
    add: async (fault, options) => (await ask('POST', fault, options)) as ActiveFault,
    clear: async (options) => (await ask('DELETE', undefined, options)) as FaultList,
    async remove(id, { signal } = {}) {
      const request = { method: 'DELETE', path: keyPath('/faults', id) } as const;
      return (await send({ to, request, write: 'repeatable', expects: ['key_not_found'], signal })).status !== 404;
    },
  };
}
