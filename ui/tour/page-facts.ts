// What the tour has to know of the page beside what the recording holds.
import type { ToldFault } from '../nodes/faults.ts';
import type { NodeName } from '../recording/observation.ts';
import type { Drawer } from '../state/drawers.ts';

/** `null`: fault injection is off at the node. Absent: that is not known at the moment. */
export type FaultsSeen = Pick<ToldFault, 'kind' | 'keyPrefix' | 'probability'>;

export interface PageFacts {
  readonly faults: Readonly<Record<NodeName, readonly FaultsSeen[] | null | undefined>>;
  /** Whether the processes of the nodes can be ended and started from this page. */
  readonly hasLauncher: boolean;
  /** Whether both nodes run on this machine. */
  readonly isLocal: boolean;
  /** Whether the stage draws what happens now. */
  readonly isLive: boolean;
  /** Whether the page replays a file, and asks no node for anything. */
  readonly isReplayed: boolean;
  readonly drawer: Drawer | undefined;
  /** `memory`, `sqlite` or `dynamodb`. */
  readonly store: string | undefined;
}

export const NO_PAGE_FACTS: PageFacts = {
  faults: { a: undefined, b: undefined },
  hasLauncher: false,
  isLocal: true,
  isLive: true,
  isReplayed: false,
  drawer: undefined,
  store: undefined,
};
