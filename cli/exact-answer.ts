// Reads the answers of nodes with the values in them as text: they are printed and written to files as they were stored, with
// numbers that no double holds.
import { JsonText } from '../client/client.ts';
import { itemsOf, sourcesOf } from '../lib/json.ts';

/** The lists of answers whose items have a `value`. */
const LISTS = ['keys', 'changes', 'results', 'writes'] as const;

type Answer = { readonly [name: string]: readonly object[] | undefined } | null;

/** As JSON.parse, but for the values of records: those are each a JsonText. */
export function parseAnswer(text: string): unknown {
  const answer: Answer = JSON.parse(text);
  const name = LISTS.find((each) => Array.isArray(answer?.[each]));
  if (name === undefined || !text.includes('"value":')) return answer;
  const texts = itemsOf(sourcesOf(text)(name) as string);
  return { ...answer, [name]: answer?.[name]?.map((item, i) => withValueOf(item, texts[i] as string)) };
}

function withValueOf(item: object, text: string): object {
  return 'value' in item ? { ...item, value: new JsonText(sourcesOf(text)('value') as string) } : item;
}
