// What is wrong with a node, and what to do about it.
import type { ConsoleNode } from '../nodes/addresses.ts';
import { clockTime } from '../nodes/words.ts';
import type { NodeState } from '../recording/observation.ts';
import type { Seen } from './seen.ts';

export const STATE_WORDS: Readonly<Record<NodeState, string>> = {
  up: 'up',
  switching: 'switching',
  recovering: 'recovering',
  refilling: 'refilling',
  locked: 'token needed',
  problem: 'not ready',
  down: 'not reachable',
};

const RECOVERING =
  'It has started with nothing and is taking back what the replica holds. Until it has, it answers reads and writes with 503. There is nothing to do: it waits as long as the replica takes, and serves without it after 3 s if nothing listens there. If the replica is lost, `POST /promote` with `{"force":true}` has it serve with what it holds.';

const REFILLING =
  'It has started with nothing, and its primary is filling it. Until that is done it answers 503 for keys that it does not hold.';

const SWITCHING =
  'It is giving the lead to the other node. Until that has it, writes are answered with 503; if it fails, all is as before.';

/**
 * Commands stand between backticks; empty if all is well.
 * @param listing why it lists no keys, if it is asked for them and refuses
 * @param isFile whether the page was opened as a file
 */
export function adviceFor(node: ConsoleNode, seen: Seen, listing: string | undefined, isFile: boolean): string {
  const { state, detail = '', answeredAt, why } = seen;
  if (state === undefined) return '';
  if (state === 'problem') return detail;
  if (state === 'up') return listing ?? '';
  if (state === 'switching') return SWITCHING;
  const since = answeredAt ? ` since ${clockTime(answeredAt)}` : '';
  const last = answeredAt ? ' What it says of itself here is from then.' : '';
  if (state === 'locked') return detail + last;
  if (state === 'recovering') return RECOVERING + (why ? ` Now: ${why}.` : '');
  if (state === 'refilling') return REFILLING;
  return `No answer from ${node.url}${since}. ${startAdvice(node, isFile)}${last}`;
}

function startAdvice({ beginsAs, isLocal }: ConsoleNode, isFile: boolean): string {
  if (!isLocal) return 'Check its address under “Nodes”, and whether the stage is deployed.';
  const ofSameFolder = isFile ? ' This page was opened as a file: only nodes of the same folder answer it.' : '';
  return `Start both nodes with \`npm start\`, or only this one with \`npm run ${beginsAs}\`.${ofSameFolder}`;
}
