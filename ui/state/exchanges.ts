// The exchanges that the user has made, newest first, and which of them stand out.
import { signal } from '@preact/signals';
import type { Exchange } from '../nodes/exchange.ts';

/** Exchanges that are kept. */
const LENGTH = 50;

export interface LoggedExchange {
  readonly exchange: Exchange;
  /** What it means, in a sentence, where that is not plain from the answer. */
  readonly note?: string;
  /** Counts the deeds of the user: the exchanges of the last one stand out. */
  readonly deed: number;
}

export const exchanges = signal<readonly LoggedExchange[]>([]);
export const deed = signal(0);

/** The user does something: what was there before folds. */
export function beginDeed(): void {
  deed.value += 1;
}

export function log(exchange: Exchange, note?: string): void {
  const entry = { exchange, deed: deed.value, ...(note !== undefined && { note }) };
  exchanges.value = [entry, ...exchanges.value].slice(0, LENGTH);
}
