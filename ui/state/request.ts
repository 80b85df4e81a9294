// What stands in the request form beyond its fields, and what came of the last request.
import { signal } from '@preact/signals';
import type { Outcome } from '../nodes/outcome.ts';

/** A key taken from a table, as it is: the field itself cannot hold line breaks. Each choice is another object. */
export const chosenKey = signal<{ readonly key: string } | undefined>(undefined);

/** What the last answer about a key said its ETag was. */
export const lastTag = signal('');

export const outcome = signal<Outcome | undefined>(undefined);

/** Puts a key into the form. */
export function chooseKey(key: string): void {
  chosenKey.value = { key };
}
