// An object as one line of JSON, in which values stay as their writers wrote them.
import { JsonText } from '../client/client.ts';

/** Members that are `undefined` are left out. */
export function jsonOf(members: object): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    parts.push(`${JSON.stringify(name)}:${value instanceof JsonText ? onOneLine(value) : JSON.stringify(value)}`);
  }
  return `{${parts.join(',')}}`;
}

/** JSON has line breaks between its parts only: in a string they are escaped. */
export function onOneLine({ text }: JsonText): string {
  return text.replace(/[\r\n]+/g, ' ');
}
