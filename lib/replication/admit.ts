// Whether a message of a primary is for this node as it is now: addressed to its contents, and of no earlier epoch than
// the highest that it has seen.
import { TandemError } from '../errors.ts';
import type { EpochSeen, Store } from '../store/store.ts';
import type { Happened } from '../telemetry/events.ts';

/** What each message of a primary says of itself. */
export interface Sender {
  /** The contents id of the primary. */
  readonly from: string;
  /** The contents id that the message is for. */
  readonly to: string;
  /** Absent while the primary recovers. */
  readonly epoch?: number;
  /** The epoch of this primary that the new one follows. Absent: the epoch is not new, or the first one that it begins. */
  readonly after?: number;
}

/**
 * Lets a message of the present primary in, and remembers its epoch.
 * @throws TandemError `other_contents`, `stale_epoch`; `invalid_body` when both nodes have one store
 */
export type Admit = (sender: Sender) => Promise<void>;

/** What a node decides by, when it is asked to let a message in. */
export interface Gate {
  /** The contents id of this node. */
  id(): string;
  readonly raiseEpoch: Store['raiseEpoch'];
  readonly highestEpoch: Store['highestEpoch'];
  /** Another primary leads in this epoch: this node is its replica, if it is not yet. @returns whether it leads still */
  heardOf(epoch: number): Promise<boolean>;
}

/** Of two primaries that began the same epoch the first one that is heard keeps it. */
export function admission({ id, raiseEpoch, highestEpoch, heardOf }: Gate, happened?: Happened): Admit {
  const letIn: Admit = async ({ from, to, epoch, after }) => {
    if (from === id()) throw oneStore();
    if (to !== id()) throw otherContents(id());
    if (epoch === undefined) return;
    if (await heardOf(epoch)) throw staleEpoch(epoch, await highestEpoch());
    const seen = await raiseEpoch(epoch, from, after);
    const isOfAnother = seen.epoch === epoch && seen.by !== undefined && seen.by !== from;
    if (seen.epoch !== epoch || isOfAnother) throw staleEpoch(epoch, seen);
  };
  return async (sender) => {
    try {
      await letIn(sender);
    } catch (error) {
      tellRefusal(happened, error, sender.epoch);
      throw error;
    }
  };
}

/** Tells that a message was refused as a whole. @param epoch of the message */
export function tellRefusal(happened: Happened | undefined, error: unknown, epoch: number | undefined): void {
  if (!(error instanceof TandemError)) return;
  happened?.({ kind: 'refused', code: error.code, ...(epoch !== undefined && { epoch }) });
}

/** The refusal of a primary that was replaced. */
export function staleEpoch(epoch: number, { epoch: highestEpoch, by }: EpochSeen): TandemError {
  const detail = `This node has seen epoch ${highestEpoch}; the primary of epoch ${epoch} was replaced and must not write.`;
  return new TandemError('stale_epoch', detail, { highestEpoch, ...(by !== undefined && { begunBy: by }) });
}

export function otherContents(id: string): TandemError {
  const detail = 'This message is for contents that this node does not have any more. Nothing of it was applied.';
  return new TandemError('other_contents', detail, { id });
}

/** Every record would count as a copy of itself. */
function oneStore(): TandemError {
  const detail = 'from: both nodes use one store. Give each a table of its own (TABLE_NAME).';
  return new TandemError('invalid_body', detail, { field: 'from' });
}
