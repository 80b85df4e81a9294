// What a schema found wrong with what was sent, in words: of that itself no more than an error repeats.
import * as v from 'valibot';
import { excerpt, MAX_EXCERPT } from './errors.ts';

/** Characters of the place of an issue, of which names that were sent may be a part. */
const MAX_FIELD = 60;

/** Where the issue is, for instance `faults.0.kind`. @param whole what is wrong if it is no single field */
export function fieldOf(issue: v.BaseIssue<unknown>, whole: string): string {
  return excerpt(v.getDotPath(issue) ?? whole, MAX_FIELD);
}

/** What is wrong there. Valibot's own messages end with what it received. */
export function reasonOf({ message, received }: v.BaseIssue<unknown>): string {
  return message.replace(received, () => excerpt(received, MAX_EXCERPT - MAX_FIELD));
}
