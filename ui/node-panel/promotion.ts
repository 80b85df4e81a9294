// The promotion of one node: what became of the last one, and whether it can be forced.
import { signal } from '@preact/signals';
import type { ConsoleNode } from '../nodes/addresses.ts';
import { bodyOf, type Tone } from '../nodes/exchange.ts';
import { operations } from '../nodes/operations.ts';
import { outcomeOf } from '../nodes/outcome.ts';
import { send } from '../nodes/send.ts';
import type { NodeName } from '../recording/observation.ts';
import { beginDeed, log } from '../state/exchanges.ts';
import type { Seen } from '../watch/seen.ts';
import { lookNow } from '../watch/watch.ts';

/** Refusals after which only the operator can know whether the primary is lost. */
const FORCIBLE = ['primary_unreachable', 'not_in_sync'];

interface Said {
  readonly tone: Tone;
  readonly text: string;
  readonly isForcible: boolean;
  /** The epoch that the answer names. */
  readonly epoch?: number;
}

export class Promotion {
  readonly said = signal<Said | undefined>(undefined);
  readonly #node: ConsoleNode;
  #isUnderWay = false;

  constructor(node: ConsoleNode) {
    this.#node = node;
  }

  /** Does nothing while one is under way. */
  async promote(isForced: boolean): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const text = isForced ? 'Taking the lead …' : 'Asking the primary for the lead …';
    this.said.value = { tone: 'waiting', text, isForcible: false };
    beginDeed();
    const done = await send(operations.promote(isForced), this.#node);
    const outcome = outcomeOf(done);
    log(done, outcome.text);
    const { epoch } = outcome.tone === 'good' && done.response ? bodyOf(done.response) : {};
    this.said.value = {
      tone: outcome.tone,
      text: outcome.text,
      isForcible: FORCIBLE.includes(outcome.code ?? ''),
      ...(typeof epoch === 'number' && { epoch }),
    };
    this.#isUnderWay = false;
    void lookNow();
  }

  leave(): void {
    this.said.value = undefined;
  }

  /** Once another epoch has begun, or the node leads by itself, the answer is of the past. */
  learn({ isAnswering, role, status }: Seen): void {
    const said = this.said.peek();
    if (!said || this.#isUnderWay || !isAnswering) return;
    const { epoch } = said;
    const isOver = epoch === undefined ? role === 'primary' : (status?.epoch ?? status?.highestEpoch ?? 0) > epoch;
    if (isOver) this.said.value = undefined;
  }
}

const promotions = new Map<NodeName, Promotion>();

export function promotionOf(node: ConsoleNode): Promotion {
  const promotion = promotions.get(node.id) ?? new Promotion(node);
  promotions.set(node.id, promotion);
  return promotion;
}
