// ETags, as they are written on a command line.

/** With the quotes that belong to it: shells take them away. */
export function etag(text: string): string {
  return text === '*' || text.startsWith('"') ? text : `"${text}"`;
}
