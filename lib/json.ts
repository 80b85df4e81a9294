// Reads a JSON object so that a member's text can be kept as the client wrote it: numbers beyond double precision
// come back unchanged. Refuses what RFC 7493 (I-JSON) forbids: duplicate names, and text that is not Unicode.
import { TandemError } from './errors.ts';

export interface JsonDocument {
  /** The document as JSON.parse returns it. */
  readonly parsed: unknown;
  /** The text of each member's value, if the document is an object. */
  readonly sources: ReadonlyMap<string, string>;
  /** The nesting of each member's value: 0 for a string or a number, 1 for `[]`. */
  readonly depths: ReadonlyMap<string, number>;
}

/** @throws TandemError `invalid_json` */
export function readJson(text: string): JsonDocument {
  const parsed = parseJson(text);
  const members: Members = { sources: new Map(), depths: new Map() };
  scan(text, members);
  return { parsed, ...members };
}

/** @returns the nesting of JSON text: 0 for a string or a number, 1 for `[]`. @throws TandemError `invalid_json` */
export function depthOf(text: string): number {
  parseJson(text);
  return scan(text);
}

/** @throws TandemError `invalid_json` */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TandemError('invalid_json', `The body is not valid JSON: ${(error as Error).message}.`);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

interface Members {
  readonly sources: Map<string, string>;
  readonly depths: Map<string, number>;
}

/**
 * One pass over text that is known to be valid JSON.
 * @param members where to put what is found of the members of the object that the text is, if it is one
 * @returns the nesting of the text
 */
function scan(text: string, members?: Members): number {
  /** For each open object the names seen in it; for each open array null. */
  const open: Array<Set<string> | null> = [];
  let nameIsNext = false;
  let member = '';
  let memberStart = 0;
  /** In the present member, its object included. */
  let deepest = 0;
  let depth = 0;

  const endMember = (end: number) => {
    members?.sources.set(member, text.slice(memberStart, end).trim());
    members?.depths.set(member, deepest - 1);
  };

  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(text, i);
        const names = open.at(-1);
        if (nameIsNext && names) {
          const name = stringAt(text, i, end);
          if (names.has(name))
            throw new TandemError(
              'invalid_json',
              `The name ${JSON.stringify(name)} stands twice in one object; leave one out.`,
            );
          names.add(name);
          if (open.length === 1) member = name;
          nameIsNext = false;
        } else {
          stringAt(text, i, end);
        }
        i = end;
        break;
      }
      case COLON:
        if (open.length === 1) {
          memberStart = i + 1;
          deepest = 1;
        }
        break;
      case COMMA:
        nameIsNext = open.at(-1) !== null;
        if (open.length === 1 && nameIsNext) endMember(i);
        break;
      case OPEN_OBJECT:
        open.push(new Set());
        nameIsNext = true;
        deepest = Math.max(deepest, open.length);
        depth = Math.max(depth, open.length);
        break;
      case OPEN_ARRAY:
        open.push(null);
        nameIsNext = false;
        deepest = Math.max(deepest, open.length);
        depth = Math.max(depth, open.length);
        break;
      case CLOSE_OBJECT:
        if (open.length === 1 && open[0]?.size) endMember(i);
        open.pop();
        nameIsNext = false;
        break;
      case CLOSE_ARRAY:
        open.pop();
        break;
    }
  }
  return depth;
}

/** The index of the quote that ends the string which starts at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function stringAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  const string: string = raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw;
  if (!string.isWellFormed()) {
    throw new TandemError(
      'invalid_json',
      'The body has half of a surrogate pair (such as \\ud800 alone), which is no Unicode text; send whole characters.',
    );
  }
  return string;
}
