// What the system tests ask of a node.
import type { TestNode } from './nodes.ts';

type Node = Pick<TestNode, 'url'>;
type Headers = Readonly<Record<string, string>>;

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
export const json = async (response: Response | Promise<Response>): Promise<any> => (await response).json();

export function putKey({ url }: Node, key: string, value: unknown, headers: Headers = {}): Promise<Response> {
  return fetch(`${url}/key/${key}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ value }),
  });
}

export function getKey({ url }: Node, key: string, headers: Headers = {}): Promise<Response> {
  return fetch(`${url}/key/${key}`, { headers });
}

/** Of an answer, without those that differ from one answer, or connection, to the next. */
export function steadyHeaders({ headers }: Response): Readonly<Record<string, string>> {
  return Object.fromEntries([...headers].filter(([name]) => !OF_THE_MOMENT.includes(name)));
}

const OF_THE_MOMENT = ['date', 'connection', 'keep-alive', 'staleness'];

export function statusOf({ url }: Node) {
  return json(fetch(`${url}/status`));
}

export function repair({ url }: Node) {
  return json(fetch(`${url}/repair`, { method: 'POST' }));
}
