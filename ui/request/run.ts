// Sends what the request bar asks for, and tells what came of it.
import type { Exchange } from '../nodes/exchange.ts';
import { type Operation, operations } from '../nodes/operations.ts';
import { outcomeOf } from '../nodes/outcome.ts';
import { send, sendToLeader } from '../nodes/send.ts';
import type { NodeName } from '../recording/observation.ts';
import { beginDeed, log } from '../state/exchanges.ts';
import { lead, nodes } from '../state/nodes.ts';
import { chooseKey, lastTag, outcome } from '../state/request.ts';
import { lookNow } from '../watch/watch.ts';

/** Gives its exchanges, the last of which tells the outcome. */
type Action = () => Promise<readonly Exchange[]>;

export const toLeader =
  (operation: Operation): Action =>
  () =>
    sendToLeader(operation);

/** @param node asked for when it is sent */
export const toNode =
  (operation: Operation, node: () => NodeName): Action =>
  async () => [await send(operation, nodes[node()])];

/** One after the other, until one gets no answer. */
export async function run(...actions: readonly Action[]): Promise<void> {
  beginDeed();
  for (const action of actions) {
    const exchanges = await action();
    for (const exchange of exchanges) tell(exchange);
    void lookNow();
    if (exchanges.at(-1)?.error) break;
  }
}

export function demonstrateFailure(): Promise<void> {
  chooseKey('bad');
  return run(
    toLeader(operations.put('bad', '__fail__')),
    toNode(operations.status('bad'), () => lead.value.leader),
  );
}

export const repairNow = (): Promise<void> => run(toLeader(operations.repair));

function tell(exchange: Exchange): void {
  const result = outcomeOf(exchange);
  log(exchange, exchange.request.method === 'POST' ? result.text : undefined);
  const tag = exchange.response?.headers.find(([name]) => name === 'etag')?.[1];
  if (tag !== undefined) lastTag.value = tag;
  outcome.value = result;
}
