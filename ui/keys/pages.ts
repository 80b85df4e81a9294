// Asks the nodes for pages of keys and of the backlog.
import { ask } from '../nodes/ask.ts';
import { bodyOf } from '../nodes/exchange.ts';
import type { NodeName } from '../recording/observation.ts';
import { lead, nodes, pace } from '../state/nodes.ts';
import type { ReadPage, RowPage } from './listing.ts';
import { pageIn } from './page-in.ts';
import type { KeyRow, ListedKey } from './row.ts';

/** A node that answers, and lists no keys: it may lack some. */
export class NotListed extends Error {
  readonly node: NodeName;

  constructor(node: NodeName, message: string) {
    super(message);
    this.node = node;
  }
}

/** @throws NotListed, and what `fetch` throws */
export const readKeys =
  (prefix: string): ReadPage =>
  async (node, { limit, cursor, hasValues }) => {
    const query = new URLSearchParams({
      limit: `${limit}`,
      ...(prefix !== '' && { prefix }),
      ...(cursor !== undefined && { cursor }),
      ...(hasValues && { values: 'true' }),
    });
    const text = await read(node, `/keys?${query}`);
    return pageIn(text, hasValues);
  };

/** A page of the backlog of the node that leads. The replica's copies are not known from it. @throws as readKeys */
export async function readBacklog(cursor: string, limit: number): Promise<RowPage<string>> {
  const { leader } = lead.value;
  const query = new URLSearchParams({ limit: `${limit}`, ...(cursor !== '' && { cursor }) });
  const body = bodyOf({ text: await read(leader, `/backlog?${query}`) });
  const records = (body.records ?? []) as ListedKey[];
  const rows = records.map((record): KeyRow => {
    const copies = { a: 'unknown', b: 'unknown', [leader]: record } as KeyRow['copies'];
    return { key: record.key, copies };
  });
  return typeof body.cursor === 'string' ? { rows, next: body.cursor } : { rows };
}

async function read(node: NodeName, path: string): Promise<string> {
  const response = await ask(nodes[node], path, { signal: AbortSignal.timeout(pace.limitMs) });
  const text = await response.text();
  if (response.ok) return text;
  const { detail } = bodyOf({ text });
  throw new NotListed(node, typeof detail === 'string' ? detail : `It answers ${response.status}.`);
}
