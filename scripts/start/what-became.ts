// What the terminal of `npm start` tells when a node has another state than before.
import type { LaunchedNode, NodeState } from '../launcher/launched-node.ts';

type Told = Pick<LaunchedNode, 'role' | 'state' | 'ended'>;

const SENTENCES: Readonly<Record<Exclude<NodeState, 'stopped'>, string | undefined>> = {
  starting: 'is starting',
  running: 'is running',
  frozen: 'is frozen',
  stopping: undefined,
};

/** @param consoleUrl where the console is @returns `undefined`: there is nothing to tell */
export function whatBecame({ role, state, ended }: Told, consoleUrl: string): string | undefined {
  if (state !== 'stopped') return SENTENCES[state] && `The ${role} ${SENTENCES[state]}.`;
  const how = ended === 'killed' || ended === 'stopped' ? `was ${ended}` : `has ended (${ended})`;
  return `The ${role} ${how}; everything else goes on. Start it again in the console, or with:
  curl -X POST ${consoleUrl}/launcher/${role}/start -H "Content-Type: application/json"`;
}
