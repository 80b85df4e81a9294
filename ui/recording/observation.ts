// What the console has seen, as plain data: whatever it draws is made of these alone, in the order of their times, so that a run
// can be drawn again from a file, and without nodes.
import type { NamedRecord, ToldEvent } from '../../lib/telemetry/events.ts';

/** Node A begins as the primary, node B as the replica. Their roles change; these names do not. */
export type NodeName = 'a' | 'b';

export const NODE_NAMES: readonly NodeName[] = ['a', 'b'];
export const otherNode = (node: NodeName): NodeName => (node === 'a' ? 'b' : 'a');
/** As people read it: `A`. */
export const nodeLetter = (node: NodeName): string => node.toUpperCase();

/** How a node looks from here. `locked`: it wants a token, or another one. `problem`: it answers, and tells nothing. */
export type NodeState = 'up' | 'switching' | 'recovering' | 'refilling' | 'locked' | 'problem' | 'down';

/** The members of `GET /status` that are drawn. A node that does not answer tells none. */
export interface Look {
  readonly state: NodeState;
  readonly role?: 'primary' | 'replica';
  /** Of its process: another one has lost what the former held, in memory. */
  readonly id?: string;
  readonly epoch?: number;
  readonly keys?: number;
  readonly backlog?: number;
  readonly oldestAgeMs?: number | null;
  readonly inSync?: boolean;
  readonly divergent?: number;
  readonly circuit?: 'closed' | 'open' | 'half_open';
  /** What it lacks to be in order, in words. */
  readonly why?: string;
}

/** What a process of `npm start` is doing. */
export type ProcessState = 'starting' | 'running' | 'frozen' | 'stopping' | 'stopped';

/** A request that this page has made of a node, and its answer. */
export interface ClientExchange {
  /** Counts the requests of this page. */
  readonly request: number;
  readonly to: NodeName;
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  /** Absent: the request has left. 0: no answer came. */
  readonly status?: number;
}

/** How often each thing happened at a node within a while. */
export interface Tally {
  readonly written: number;
  readonly sent: number;
  /** The replica has them by now. */
  readonly acknowledged: number;
  /** The replica answered that it did not take them. */
  readonly failed: number;
  /** No answer came. */
  readonly unanswered: number;
  /** Not sent, the circuit being open. */
  readonly notTried: number;
  /** The records that the node has written or taken last, the newest last. Absent: there were none. */
  readonly last?: readonly NamedRecord[];
}

/** A record as a node lists it. */
export interface HeldRecord {
  readonly key: string;
  readonly epoch: number;
  readonly version: number;
  /** As JSON text; of a long one the beginning. */
  readonly value: string;
  /** When it was written, in milliseconds. */
  readonly writtenAt: number;
}

interface Seen {
  /** The clock of this page, in milliseconds. What a node tells in its own time is moved by how far its clock is ahead. */
  readonly at: number;
}

export type Observation = Seen &
  (
    | { readonly what: 'event'; readonly node: NodeName; readonly process: string; readonly event: ToldEvent }
    /** So many events of a node were not told, or not kept: under load the record thins out. */
    | { readonly what: 'gap'; readonly node: NodeName; readonly count: number | null }
    /** What a node told within half a second beyond what is kept one by one. Counts records, and `events` what told of them. */
    | { readonly what: 'tally'; readonly node: NodeName; readonly events: number; readonly tally: Tally }
    /** Whether the node tells what happens to replication. It does not where fault injection is off. */
    | { readonly what: 'telling'; readonly node: NodeName; readonly isTelling: boolean }
    /** The value of a record, as JSON text; of a long one the beginning. */
    | {
        readonly what: 'value';
        readonly key: string;
        readonly epoch: number;
        readonly version: number;
        readonly value: string;
      }
    /** `askedAt`: when the page asked for it. What happened since may not be in it. */
    | { readonly what: 'look'; readonly node: NodeName; readonly askedAt?: number; readonly look: Look }
    /** Records that a node holds, the newest first: what it shows before any event tells of one. */
    | { readonly what: 'held'; readonly node: NodeName; readonly records: readonly HeldRecord[] }
    /** The first records that the replica has not acknowledged, the oldest first, by their keys. */
    | { readonly what: 'backlog'; readonly keys: readonly string[]; readonly count: number }
    | { readonly what: 'process'; readonly node: NodeName; readonly state: ProcessState; readonly ended: string | null }
    | { readonly what: 'client'; readonly exchange: ClientExchange }
  );
