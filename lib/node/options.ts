// What the node of this process is made of, whichever engine holds its contents.
import { FAIL_VALUE, type Faults } from '../faults/faults.ts';
import type { NodeOptions } from '../replication/pair-node.ts';
import { happened } from './events.ts';
import { faults } from './faults.ts';
import { peer } from './peer.ts';
import { clock, config, log } from './process.ts';
import { store } from './store.ts';

export const nodeOptions: NodeOptions = {
  store,
  clock,
  log,
  peer,
  beginsAs: config.role,
  random: Math.random,
  retentionMs: config.retentionMs,
  ...(happened && { happened }),
  ...(faults && refusalsOn(faults)),
};

/** With fault injection on, a replica refuses records on purpose. */
function refusalsOn(injected: Faults): Required<Pick<NodeOptions, 'faultOf' | 'isHeldBack'>> {
  return {
    faultOf: (record) => injected.errorOf(record),
    isHeldBack: ({ value }) => value === FAIL_VALUE,
  };
}
