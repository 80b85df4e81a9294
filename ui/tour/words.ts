// How the tour names nodes, and says what to press where: that depends on how the nodes were started.
import type { NodeName } from '../recording/observation.ts';
import { isFrozen, type World } from './world.ts';

export const letter = (node: NodeName): string => node.toUpperCase();

/** The stage by which a node is started: each begins in a role of its own. */
const STAGE: Readonly<Record<NodeName, string>> = { a: 'primary', b: 'replica' };

/** The end of a sentence about how the process of a node is ended. */
export function howToKill(world: World, node: NodeName): string {
  const name = letter(node);
  if (world.page.hasLauncher) return `Press “Kill” on node ${name}.`;
  if (world.page.isLocal)
    return `Press Ctrl-C in the terminal in which node ${name} runs (\`npm run ${STAGE[node]}\`, or \`npx sls offline --stage ${STAGE[node]}\`).`;
  return `End the process of node ${name} where it runs. Functions on AWS have no process that one could end: then skip this step.`;
}

export function howToStart(world: World, node: NodeName): string {
  const name = letter(node);
  if (world.page.hasLauncher) return `Press “${isFrozen(world, node) ? 'Thaw' : 'Start'}” on node ${name}.`;
  if (world.page.isLocal)
    return `Start node ${name} again in its terminal, as before: \`npm run ${STAGE[node]}\`, or \`npx sls offline --stage ${STAGE[node]}\`.`;
  return `Start node ${name} again where it runs.`;
}
