// What is said about the token: what nodes have against it, and where it goes.
import { NODE_NAMES, type NodeName } from '../recording/observation.ts';
import type { ConsoleNode } from './addresses.ts';
import { capitalized } from './words.ts';

const WHERE_IT_GOES = 'It is kept in this tab only, and the command lines name it TOKEN.';

/** RFC 6750, 2.1. */
export const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** For each node the status, 401 or 403, of what it last refused because of the token. */
export type Refusals = Readonly<Record<NodeName, { readonly reading?: number; readonly writing?: number }>>;

interface Refusing {
  readonly id: NodeName;
  readonly status: number;
}

/**
 * What a node has against the token; empty if nothing.
 * @param isSent whether one is sent
 * @param nameOf what a node is called in a sentence
 */
export function hintText(refusals: Refusals, isSent: boolean, nameOf: (node: NodeName) => string): string {
  const refusing = (kind: 'reading' | 'writing') =>
    NODE_NAMES.flatMap((id): Refusing[] => {
      const { [kind]: status } = refusals[id];
      return status === undefined ? [] : [{ id, status }];
    });
  const name = ({ id }: Refusing) => capitalized(nameOf(id));
  const notTaken = (nodes: readonly [Refusing, ...Refusing[]]) =>
    nodes.length === 2 ? 'Neither node takes this token.' : `${name(nodes[0])} does not take this token.`;

  const [first, ...others] = refusing('reading');
  if (first) {
    if (isSent) return notTaken([first, ...others]);
    return `${others.length > 0 ? 'Both nodes want' : `${name(first)} wants`} a token. ${WHERE_IT_GOES}`;
  }
  const [writing] = refusing('writing');
  if (!writing) return '';
  if (!isSent) return `${name(writing)} wants a token for this. ${WHERE_IT_GOES}`;
  return writing.status === 403 ? 'This token may read, not write.' : notTaken([writing]);
}

/** Both get the token, whichever wants it. Where their addresses come from is said, because anybody can make a link. */
export function recipientsText(nodes: readonly Pick<ConsoleNode, 'url' | 'isFromLink'>[]): string {
  const whole = `A token that you enter goes to ${hostsOf(nodes)}.`;
  const linked = nodes.filter(({ isFromLink }) => isFromLink);
  if (linked.length === 0) return whole;
  const [are, these] = linked.length === 1 ? ['is', 'this address'] : ['are', 'these addresses'];
  return `${whole} ${hostsOf(linked)} ${are} from the link that opened this page: enter one only if you know ${these}.`;
}

const hostsOf = (nodes: readonly Pick<ConsoleNode, 'url'>[]) =>
  [...new Set(nodes.map(({ url }) => new URL(url).host))].join(' and ');
