// What the tour can do itself, each a real request, or a step on this page: as data, so that it can be tested without nodes.
import type { FaultKind } from '../../lib/fault-kind.ts';
import type { NodeName } from '../recording/observation.ts';
import type { Drawer } from '../state/drawers.ts';

export type Deed =
  /** Writes the value under each of the keys, to the node that leads. */
  | { readonly do: 'put'; readonly keys: readonly string[]; readonly value: string }
  | { readonly do: 'get'; readonly key: string; readonly node: NodeName }
  | { readonly do: 'launch'; readonly node: NodeName; readonly action: 'kill' | 'stop' | 'start' | 'freeze' | 'thaw' }
  /** Without the primary. */
  | { readonly do: 'promote'; readonly node: NodeName }
  /** @property count how often it acts; `null`: until it ends */
  | {
      readonly do: 'fault';
      readonly nodes: readonly NodeName[];
      readonly kind: FaultKind;
      readonly count: number | null;
    }
  | { readonly do: 'clear faults' }
  | { readonly do: 'repair' }
  | { readonly do: 'open drawer'; readonly drawer: Drawer }
  | { readonly do: 'go live' };

/** What is meant on the page. */
export type Target =
  | 'request'
  | 'value'
  | 'get'
  | 'demonstration'
  | 'repair'
  | 'tube'
  | 'divergent'
  | 'live'
  | { readonly process: NodeName }
  | { readonly promote: NodeName }
  | { readonly node: NodeName };
