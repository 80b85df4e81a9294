// One look at a node: its status, its faults, and the first of its divergent writes and of its backlog.
import type { ConsoleNode } from '../nodes/addresses.ts';
import { type AskOptions, ask } from '../nodes/ask.ts';
import { bodyOf } from '../nodes/exchange.ts';
import type { FaultsTold } from '../nodes/faults.ts';
import { isRefusal, token } from '../state/token.ts';
import type { Seen, StatusTold } from './seen.ts';

/** Divergent writes that are shown. Their values may be long. */
export const MAX_WRITES = 5;

/** States in which a node may lack what the other one holds. */
const LACKING = ['recovering', 'refilling'];

class NotAnswered extends Error {}
class Refused extends NotAnswered {}

export const NO_NODE = 'This is not a node of Tandem. Check the addresses under “Nodes”.';
export const SAME_NODE = 'Both addresses are those of one node. Check them under “Nodes”.';

/** @param limitMs for all its requests together, in milliseconds @param before what was seen of it last */
export async function lookAt(node: ConsoleNode, limitMs: number, before: Seen): Promise<Seen> {
  const options = { signal: AbortSignal.timeout(limitMs) };
  const isTokenSent = token.value !== '';
  try {
    const status = await readStatus(node, options);
    const isLacking = LACKING.includes(status.state);
    const [faults, writes] = await Promise.all([
      before.isAnswering && before.faults === null ? null : readFaults(node, options, before.faults),
      !isLacking && (status.divergent ?? 0) > 0 ? read(node, `/divergent?limit=${MAX_WRITES}`, options) : undefined,
    ]);
    return { isAnswering: true, role: status.role, contentsId: status.id, faults, writes, ...stateOf(status, before) };
  } catch (error) {
    if (error instanceof Refused) return unseen(before, 'locked', tokenAdvice(isTokenSent));
    if (error instanceof NotAnswered) return unseen(before, 'problem', error.message);
    return unseen(before, 'down');
  }
}

/** Of a node that lacks something, what it last told of itself is of other contents. */
function stateOf(status: StatusTold, before: Seen): Pick<Seen, 'state' | 'status' | 'answeredAt' | 'why'> {
  if (status.state === 'recovering' || status.state === 'refilling') {
    const { answeredAt } = before;
    const why = status.replica?.error ?? undefined;
    return { state: status.state, status: undefined, why, ...(answeredAt !== undefined && { answeredAt }) };
  }
  return { state: status.state === 'switching' ? 'switching' : 'up', status, answeredAt: Date.now() };
}

/** What is kept of a node that tells nothing. */
export function unseen(before: Seen, state: 'locked' | 'problem' | 'down', detail?: string): Seen {
  return { ...before, state, detail, isAnswering: false };
}

async function readStatus(node: ConsoleNode, options: AskOptions): Promise<StatusTold> {
  const status = bodyOf({ text: await read(node, '/status', options) });
  if (status.role !== 'primary' && status.role !== 'replica') throw new NotAnswered(NO_NODE);
  return status as unknown as StatusTold;
}

/** @param known what it said last, which stays if it does not say now */
async function readFaults(node: ConsoleNode, options: AskOptions, known: Seen['faults']): Promise<Seen['faults']> {
  const response = await ask(node, '/faults', options);
  if (response.ok) return (await response.json()) as FaultsTold;
  return response.status === 404 ? null : known;
}

/** @returns the text of the answer */
async function read(node: ConsoleNode, path: string, options: AskOptions): Promise<string> {
  const response = await ask(node, path, options);
  if (isRefusal(response)) throw new Refused();
  const text = await response.text();
  if (response.ok) return text;
  const { detail } = bodyOf({ text });
  const isTold = typeof detail === 'string';
  throw new NotAnswered(isTold ? detail : `It answers ${response.status}, and not as a node of Tandem.`);
}

const tokenAdvice = (isTokenSent: boolean) =>
  `This node ${isTokenSent ? 'does not take this token. Enter another' : 'wants a token. Enter it'} at the top of the page.`;
