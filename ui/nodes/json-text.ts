// JSON as text. It is indented and coloured without being parsed, so that numbers beyond double precision, which
// Tandem keeps, are shown as they came.

const TOKEN = /"(?:\\.|[^"\\])*"|[[\]{},:]|[^\s[\]{},:"]+/g;

/** A piece of indented JSON. */
export interface Piece {
  readonly kind: 'name' | 'string' | 'literal' | 'layout';
  readonly text: string;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Indented if it is JSON, else as it is. */
export function prettyJson(text: string): readonly Piece[] {
  return isJson(text) ? [...indented(tokensOf(text))] : [{ kind: 'layout', text }];
}

/** The text of the member `value` of an object; `undefined` if it has none. */
export function valueIn(text: string): string | undefined {
  return memberIn(tokensOf(text), 'value')?.join('');
}

/** The texts of the elements of a member of an object, which is an array. */
export function elementsIn(text: string, name: string): string[] {
  const tokens = memberIn(tokensOf(text), name) ?? [];
  return [...elementsOf(tokens.slice(1, -1))].map((element) => element.join(''));
}

const tokensOf = (text: string): readonly string[] => text.match(TOKEN) ?? [];

/** The tokens of a member of an object. @param tokens of the object */
function memberIn(tokens: readonly string[], name: string): string[] | undefined {
  return [...elementsOf(tokens.slice(1, -1))].find(([first]) => first === JSON.stringify(name))?.slice(2);
}

/** What stands between commas, none of which is within brackets. */
function* elementsOf(tokens: readonly string[]): Generator<string[]> {
  let depth = 0;
  let start = 0;
  for (const [i, token] of tokens.entries()) {
    if (isOpening(token)) depth++;
    if (isClosing(token)) depth--;
    if (depth > 0 || token !== ',') continue;
    yield tokens.slice(start, i);
    start = i + 1;
  }
  if (start < tokens.length) yield tokens.slice(start);
}

function* indented(tokens: readonly string[]): Generator<Piece> {
  let depth = 0;
  const layout = (text: string): Piece => ({ kind: 'layout', text });
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [i, token] of tokens.entries()) {
    if (isOpening(token)) {
      depth++;
      yield layout(isClosing(tokens[i + 1]) ? token : token + line());
    } else if (isClosing(token)) {
      depth--;
      yield layout(isOpening(tokens[i - 1]) ? token : line() + token);
    } else if (token === ',') yield layout(token + line());
    else if (token === ':') yield layout(': ');
    else yield { kind: kindOf(token, tokens[i + 1]), text: token };
  }
}

const isOpening = (token: string | undefined) => token === '{' || token === '[';
const isClosing = (token: string | undefined) => token === '}' || token === ']';

function kindOf(token: string, next: string | undefined): Piece['kind'] {
  if (!token.startsWith('"')) return 'literal';
  return next === ':' ? 'name' : 'string';
}
