// Switches faults on and off, one deed at a time. A node that has POST /faults adds one and takes one away; of another one the
// whole list is set.
import { signal } from '@preact/signals';
import type { FaultKind } from '../../lib/fault-kind.ts';
import type { ConsoleNode } from '../nodes/addresses.ts';
import { bodyOf, type Exchange } from '../nodes/exchange.ts';
import { type Fault, type FaultsTold, type ToldFault, withFault, withoutKind } from '../nodes/faults.ts';
import { type Operation, operations } from '../nodes/operations.ts';
import { outcomeOf } from '../nodes/outcome.ts';
import { send } from '../nodes/send.ts';
import type { NodeName } from '../recording/observation.ts';
import { announce } from '../state/announcement.ts';
import { beginDeed, log } from '../state/exchanges.ts';
import { NODES } from '../state/nodes.ts';
import { lookNow } from '../watch/watch.ts';

/** What a node had against the last deed; empty: nothing. */
export const problem = signal('');

/** The nodes that have ever shown their faults: one that does not answer at the moment may still have some. */
const clearable = new Set<NodeName>();
/** The nodes that take whole lists only. */
const takesLists = new Set<NodeName>();
let isBusy = false;

export function noteFaults(node: NodeName, told: FaultsTold | null | undefined): void {
  if (told) clearable.add(node);
}

export const switchOn = (node: ConsoleNode, fault: Fault): Promise<void> => addOn([node], fault);

/** Switches the same fault on at several nodes, as one deed. */
export const addOn = (nodes: readonly ConsoleNode[], fault: Fault): Promise<void> =>
  act(async () => {
    await Promise.all(nodes.map((node) => add(node, fault)));
  });

async function add(node: ConsoleNode, fault: Fault): Promise<void> {
  if (!takesLists.has(node.id)) {
    const added = await send(operations.addFault(fault), node);
    if (added.response?.status !== 404 && added.response?.status !== 405) return tell(added);
    takesLists.add(node.id);
  }
  await setList(node, (faults) => withFault(faults, fault, Date.now()));
}

export const switchOff = (node: ConsoleNode, kind: FaultKind, on: readonly ToldFault[]): Promise<void> =>
  act(async () => {
    const ids = on.flatMap(({ id }) => id ?? []);
    if (ids.length === on.length) for (const id of ids) await remove(node, id);
    else await setList(node, (faults) => withoutKind(faults, kind, Date.now()));
  });

/** Takes one away. */
export const takeAway = (node: ConsoleNode, id: string): Promise<void> => act(() => remove(node, id));

export const clearAll = (): Promise<void> =>
  act(async () => {
    const known = NODES.filter(({ id }) => clearable.has(id));
    await Promise.all(known.map((node) => exchange(operations.clearFaults, node)));
  });

/** One that has ended by itself meanwhile is not missed. */
async function remove(node: ConsoleNode, id: string): Promise<void> {
  const done = await send(operations.removeFault(id), node);
  if (done.response?.status === 404) log(done);
  else tell(done);
}

async function setList(node: ConsoleNode, change: (faults: readonly ToldFault[]) => Fault[]): Promise<void> {
  const found = await send(operations.faults, node);
  if (found.response?.status !== 200) return tell(found);
  const { faults } = bodyOf(found.response) as { faults?: readonly ToldFault[] };
  await exchange(operations.setFaults(change(faults ?? [])), node);
}

async function act(action: () => Promise<void>): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  beginDeed();
  problem.value = '';
  await action();
  isBusy = false;
  void lookNow();
}

const exchange = async (operation: Operation, node: ConsoleNode): Promise<void> => tell(await send(operation, node));

function tell(done: Exchange): void {
  const { tone, text } = outcomeOf(done);
  log(done, text);
  if (tone === 'bad') problem.value = text;
  else announce(text);
}
