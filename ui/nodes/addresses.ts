// Where the nodes are: ?primary=<url>&replica=<url>, else the ports of `npm start`. Both are named after the role in which
// they begin; which one they have is for them to say. A URL may have a path, and slashes at its end. What was not typed into
// the form in this tab came with the link that opened the page, which anybody can have made.
import { type NodeName, nodeLetter } from '../recording/observation.ts';

export interface ConsoleNode {
  readonly id: NodeName;
  /** `A` or `B`. */
  readonly name: string;
  readonly beginsAs: 'primary' | 'replica';
  /** Without a slash at its end. */
  readonly url: string;
  /** Whether its address came with the link that opened the page. */
  readonly isFromLink: boolean;
  readonly isLocal: boolean;
}

export type Nodes = Readonly<Record<NodeName, ConsoleNode>>;

/** How often to look at the nodes, and how long to wait for them, in milliseconds. */
export interface Pace {
  readonly pauseMs: number;
  readonly limitMs: number;
}

/** @param typed the addresses that were typed in this tab, without slashes at their ends */
export function nodesIn(search: string, typed: readonly string[]): Nodes {
  const query = new URLSearchParams(search);
  const node = (id: NodeName, beginsAs: ConsoleNode['beginsAs'], fallback: string): ConsoleNode => {
    const given = addressIn(query.get(beginsAs));
    const url = given ?? fallback;
    return {
      id,
      name: nodeLetter(id),
      beginsAs,
      url,
      isFromLink: given !== undefined && !typed.includes(given),
      isLocal: isOnThisMachine(new URL(url)),
    };
  };
  return { a: node('a', 'primary', 'http://localhost:5000'), b: node('b', 'replica', 'http://localhost:5001') };
}

/** A look at deployed nodes costs money, and a function that has to be started takes its time. */
export function paceOf({ a, b }: Nodes): Pace {
  return a.isLocal && b.isLocal ? { pauseMs: 1000, limitMs: 2000 } : { pauseMs: 3000, limitMs: 10_000 };
}

/** Without a slash at its end. `undefined` if it is no http or https URL. */
export function addressIn(text: string | null): string | undefined {
  if (text === null || !URL.canParse(text)) return undefined;
  const { protocol, origin, pathname } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? (origin + pathname).replace(/\/+$/, '') : undefined;
}

function isOnThisMachine({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
