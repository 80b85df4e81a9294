// Does what the tour offers to do: each a real request, which the wire log shows as any other.
import { addOn, clearAll } from '../faults/switching.ts';
import { promotionOf } from '../node-panel/promotion.ts';
import { operations } from '../nodes/operations.ts';
import { repairNow, run, toLeader, toNode } from '../request/run.ts';
import { drawer } from '../state/drawers.ts';
import { nodes } from '../state/nodes.ts';
import { goLive } from '../state/playback.ts';
import { chooseKey } from '../state/request.ts';
import { launch } from '../watch/launcher.ts';
import { lookNow } from '../watch/watch.ts';
import type { Deed } from './deed.ts';

/** How long a fault of the tour lasts if nobody ends it, in seconds. */
const FAULT_SECONDS = 600;

/** @throws Error, for people, when the launcher did not do it. What a node answers is shown as the answer of any request. */
export async function perform(deed: Deed): Promise<void> {
  switch (deed.do) {
    case 'put': {
      const [first] = deed.keys;
      if (first !== undefined) chooseKey(first);
      return run(...deed.keys.map((key) => toLeader(operations.put(key, deed.value))));
    }
    case 'get':
      chooseKey(deed.key);
      return run(toNode(operations.get(deed.key), () => deed.node));
    case 'launch':
      await launch(deed.node, deed.action);
      return lookNow();
    case 'promote':
      return promotionOf(nodes[deed.node]).promote(true);
    case 'fault': {
      const fault = {
        kind: deed.kind,
        keyPrefix: '',
        probability: 1,
        count: deed.count,
        delayMs: 0,
        ttl: FAULT_SECONDS,
      };
      return addOn(
        deed.nodes.map((node) => nodes[node]),
        fault,
      );
    }
    case 'clear faults':
      return clearAll();
    case 'repair':
      return repairNow();
    case 'open drawer':
      drawer.value = deed.drawer;
      return;
    case 'go live':
      goLive();
  }
}
