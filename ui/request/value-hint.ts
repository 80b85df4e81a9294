// How a value that is typed goes over the wire.
import { isJson } from '../nodes/json-text.ts';

export function valueHint(text: string): string {
  if (text === '') return 'Text, or JSON.';
  return isJson(text) ? 'Goes as JSON.' : 'Goes as text.';
}
