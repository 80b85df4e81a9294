// Text of strangers, such as keys and values, on a terminal.

/** What a terminal obeys, and what reverses the direction of text, among control and format characters. */
const OBEYED = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/gu;

/** Writes characters that a terminal would obey as JSON escapes them: in JSON they mean the same. Line breaks stay. */
export function shown(text: string): string {
  return text.replace(OBEYED, (character) => (character === '\n' ? character : escaped(character)));
}

/** The same on one line of at most so many characters. */
export function shownShort(text: string, most: number): string {
  const line = text.replace(OBEYED, escaped);
  const characters = [...line.slice(0, 2 * most + 2)];
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
