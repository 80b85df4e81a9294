// Reads JSON that strangers sent. It is looked through before anything is built of it, so that no text takes long; and a
// member's text is kept as the client wrote it: numbers beyond double precision come back unchanged. Refuses what
// RFC 7493 (I-JSON) forbids: duplicate names, and text that is not Unicode.
import { excerpt, TandemError } from './errors.ts';

export interface JsonDocument {
  /** The document as JSON.parse returns it. */
  readonly parsed: unknown;
  /** The text of a member's value, if the document is an object that has it. */
  sourceOf(name: string): string | undefined;
}

/** What a text may have at most: the time that it takes grows with its parts more than with its length. */
export interface JsonLimits {
  /** Levels of arrays and objects: 0 for a string or a number, 1 for `[]`. */
  readonly depth: number;
  /** Values and names, counted together: 1 for `"a"`, 2 for `[1]`, 3 for `{"a":1}`. */
  readonly parts: number;
  /** Characters of the object's members together, names included, and the white space around their values left out. */
  readonly length: number;
}

/** @throws TandemError `invalid_json`; `invalid_body` and `value_too_large` beyond the limits */
export function readJson(text: string, limits: JsonLimits): JsonDocument {
  const { names, members } = lookThrough(text, limits);
  const parsed = parse(text);
  // Of names that stand twice JSON.parse keeps one.
  if (namesIn(parsed) !== names) throw new TandemError('invalid_json', REPEATED);
  return { parsed, sourceOf: (name) => sourceIn(text, members, name) };
}

/** The same, whatever names and text there are in it. @throws as `readJson` */
export function parseJson(text: string, limits: JsonLimits): unknown {
  lookThrough(text, limits);
  return parse(text);
}

/** The texts of the values of an object's members, by name, from JSON that has been read before. */
export function sourcesOf(text: string): JsonDocument['sourceOf'] {
  const { members } = lookThrough(text, UNLIMITED);
  return (name) => sourceIn(text, members, name);
}

/** A member of an object, as texts. */
export interface MemberText {
  readonly name: string;
  /** Name and value as they stand. */
  readonly source: string;
  readonly value: string;
}

/** The members of an object, from JSON that has been read before; none if it is no object. */
export function membersOf(text: string): MemberText[] {
  const { members } = lookThrough(text, UNLIMITED);
  return members.map(({ start, colon, end }) => ({
    name: nameAt(text, start, colon),
    source: text.slice(start, end),
    value: text.slice(colon + 1, end),
  }));
}

/** The texts of the items of a list, from JSON that has been read before. */
export function itemsOf(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) i = endOfString(text, i);
    else if (unit === OPEN_ARRAY || unit === OPEN_OBJECT) {
      if (depth++ === 0) start = i + 1;
    } else if (unit === COMMA && depth === 1) {
      items.push(text.slice(start, i));
      start = i + 1;
    } else if (unit === CLOSE_ARRAY || unit === CLOSE_OBJECT) {
      if (--depth === 0 && text.slice(start, i).trim() !== '') items.push(text.slice(start, i));
    }
  }
  return items;
}

type Json = null | boolean | number | string | Json[] | { readonly [name: string]: Json };

function parse(text: string): Json {
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

interface Outline {
  /** How many names there are, in all objects. */
  readonly names: number;
  /** Where the members of the object are, if it is one. */
  readonly members: readonly Member[];
}

/** A member in its text: from the quotes of its name to the end of its value. */
interface Member {
  readonly start: number;
  readonly colon: number;
  readonly end: number;
}

/** One pass over a text that may not be JSON at all: what it finds is true if it is. @throws as `readJson` */
function lookThrough(text: string, limits: JsonLimits): Outline {
  const members: Member[] = [];
  const isObject = text.trimStart().startsWith('{');
  let depth = 0;
  let names = 0;
  let values = 1;
  let length = 0;
  let stringStart = 0;
  let start = 0;
  let colon: number | undefined;

  const endMember = (end: number) => {
    if (depth !== 1 || !isObject || colon === undefined) return;
    members.push({ start, colon, end });
    length += colon - start + text.slice(colon + 1, end).trim().length;
    colon = undefined;
  };

  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        stringStart = i;
        i = endOfString(text, i);
        break;
      case COLON:
        names++;
        if (depth !== 1) break;
        start = stringStart;
        colon = i;
        break;
      case COMMA:
        values++;
        endMember(i);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        values++;
        if (++depth > limits.depth)
          throw tooDeep(colon === undefined ? undefined : nameAt(text, start, colon), limits.depth);
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        endMember(i);
        depth--;
        break;
    }
    if (names + values > limits.parts) throw tooManyParts(limits.parts);
    if (length > limits.length) throw tooLong(limits.length);
  }
  return { names, members };
}

function nameAt(text: string, start: number, colon: number): string {
  const quoted = text.slice(start, colon).trimEnd();
  // Nearly all names have nothing to decode.
  return quoted.includes('\\') ? String(parse(quoted)) : quoted.slice(1, -1);
}

function sourceIn(text: string, members: readonly Member[], name: string): string | undefined {
  const member = members.find(({ start, colon }) => nameAt(text, start, colon) === name);
  return member && text.slice(member.colon + 1, member.end).trim();
}

/** The index of the quote that ends the string which starts at `start`; the end of the text if there is none. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

/** Goes back over the backslashes before a quote: of each quote over its own, so that no text takes long. */
function isEscaped(text: string, quote: number): boolean {
  let first = quote;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (quote - first) % 2 === 1;
}

/** How many names a value has, in all its objects. @throws TandemError `invalid_json` for text that is not Unicode */
function namesIn(value: Json): number {
  if (typeof value === 'string') requireUnicode(value);
  if (typeof value !== 'object' || value === null) return 0;
  let names = 0;
  if (Array.isArray(value)) {
    for (const item of value) names += namesIn(item);
    return names;
  }
  // Without a list of them, which takes longer than all else: what JSON.parse makes inherits no names.
  for (const name in value) {
    requireUnicode(name);
    names += 1 + namesIn(value[name] ?? null);
  }
  return names;
}

function requireUnicode(text: string): void {
  if (text.isWellFormed()) return;
  throw new TandemError(
    'invalid_json',
    'The body has half of a surrogate pair (such as \\ud800 alone), which is no Unicode text; send whole characters.',
  );
}

const UNLIMITED: JsonLimits = {
  depth: Number.POSITIVE_INFINITY,
  parts: Number.POSITIVE_INFINITY,
  length: Number.POSITIVE_INFINITY,
};

const REPEATED = 'A name stands twice in one object; leave one out.';

/** @param depth of the whole text: a member has one level less */
function tooDeep(member: string | undefined, depth: number): TandemError {
  if (member === undefined) return new TandemError('invalid_body', `The body nests deeper than ${depth} levels.`);
  const field = excerpt(member);
  return new TandemError('invalid_body', `${field} nests deeper than ${depth - 1} levels; flatten it.`, { field });
}

function tooManyParts(parts: number): TandemError {
  return new TandemError('value_too_large', `The body has more than ${parts} values and names; send fewer at a time.`);
}

function tooLong(length: number): TandemError {
  return new TandemError('value_too_large', `What the body holds has more than ${length} characters as JSON.`);
}
