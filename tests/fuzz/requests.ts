// Makes up requests: every route of the OpenAPI document with every method, and what does not exist; with bodies, headers and
// targets that are right, nearly right, or neither.
import { openApiDocument } from '../../lib/http/openapi/document.ts';
import type { Random } from '../simulation/random.ts';
import { PEER_TOKEN } from '../support/compare-nodes.ts';
import { type Hints, type Schema, SchemaValues, TEXTS } from './schema-value.ts';

export interface FuzzRequest {
  readonly method: string;
  /** As on the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

interface Operation {
  readonly parameters?: readonly Schema[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly security?: ReadonlyArray<Readonly<Record<string, unknown>>>;
}

const DOCUMENT = openApiDocument() as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>> & { readonly parameters?: Schema[] }>>;
  readonly components: { readonly schemas: Schema };
};
export const METHODS = ['get', 'head', 'put', 'post', 'delete', 'patch', 'options', 'trace', 'propfind'];
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  METHODS.map((method) => ({ path, method, operation: item[method] })),
);
/** Most requests are about keys. What changes who leads takes long, and is as rare as one in so many. */
const RARE: Readonly<Record<string, number>> = { '/promote': 200, '/switchover': 200, '/repair': 100, '/key/{key}': 1 };
const USUALLY = 5;

const KEYS = [
  'a',
  'b',
  'a/b',
  'a%2Fb',
  '__proto__',
  'ключ',
  '😀',
  ' ',
  'k'.repeat(1024),
  'k'.repeat(1025),
  'é'.repeat(512),
  '?',
  '#',
  '\ud800',
];
/** None that is on: what one is called nobody can guess. */
const FAULT_IDS = ['0', 'x'.repeat(1000), '00000000-0000-0000-0000-000000000000', '%F0%9F%98%80'];
const STRANGE_TARGETS = [
  '/',
  '//',
  '/..',
  '/key/',
  '/key/..',
  '/key/%',
  '/key/%ff',
  '/key/%ed%a0%80',
  '/keys?',
  '/keys?&&=',
  '/%6beys',
  '*',
  'http://other/keys',
  '/a'.repeat(2000),
];
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/problem+json',
  '',
  'x',
  `application/${'+'.repeat(300)}json`,
];
const TAGS = [
  '*',
  '"1-1"',
  'W/"1-1"',
  '"',
  'abc',
  '"a","b"',
  `"${'x'.repeat(300)}"`,
  Array(30).fill('"1-1"').join(','),
];

/** What a run has learned from answers, and puts into requests. */
export interface Learned {
  readonly etags: string[];
  readonly cursors: string[];
  readonly ids: string[];
  readonly epochs: number[];
}

export class RequestMaker {
  readonly #random: Random;
  readonly #values: SchemaValues;
  readonly #hints: Hints;

  constructor(random: Random, learned: Learned) {
    this.#random = random;
    this.#hints = hintsFrom(learned);
    this.#values = new SchemaValues(DOCUMENT.components.schemas, random, this.#hints);
  }

  next(): FuzzRequest {
    const random = this.#random;
    if (random.chance(0.04))
      return { method: random.pick(METHODS).toUpperCase(), target: random.pick(STRANGE_TARGETS), headers: {} };
    const { path, method, operation } = this.#operation();
    const parameters = [...(operation?.parameters ?? [])];
    const query = this.#parameters(parameters, 'query');
    const headers = {
      ...Object.fromEntries(
        this.#parameters(parameters, 'header').map(([name, value]) => [name.toLowerCase(), headerText(value)]),
      ),
      ...this.#authorization(operation),
    };
    const target = `${this.#path(path)}${query.length > 0 ? `?${query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}` : ''}`;
    const body = this.#body(operation);
    const type = body && { 'content-type': random.chance(0.95) ? (TYPES[0] as string) : random.pick(TYPES) };
    return { method: method.toUpperCase(), target, headers: { ...headers, ...type }, ...(body && { body }) };
  }

  /** Methods that a path has are likelier than those that it has not. */
  #operation() {
    for (;;) {
      const found = this.#random.pick(OPERATIONS);
      if (found.operation === undefined && !this.#random.chance(0.03)) continue;
      if (this.#random.int(1, RARE[found.path] ?? USUALLY) === 1) return found;
    }
  }

  #path(path: string): string {
    return path
      .replace('{id}', () => this.#random.pick(FAULT_IDS))
      .replace('{key}', () => {
        const key = this.#random.pick(KEYS);
        return this.#random.chance(0.2) ? key.replace(/[^ -~]|[ ?#]/gu, '') : encode(key);
      });
  }

  #parameters(parameters: readonly Schema[], place: string): Array<[name: string, value: string]> {
    const random = this.#random;
    const described = parameters
      .filter((parameter) => parameter.in === place && random.chance(0.5))
      .map(({ name, schema }): [string, string] => {
        const value = this.#values.valueOf(schema as Schema, String(name));
        return [String(name), typeof value === 'string' ? value : String(JSON.stringify(value))];
      });
    return random.chance(0.05)
      ? [...described, [random.pick(['wait', 'cursor', 'limit', 'x']), random.pick(TEXTS)]]
      : described;
  }

  #authorization(operation: Operation | undefined): Record<string, string> {
    const random = this.#random;
    const isForPeer = operation?.security?.some((scheme) => 'peer' in scheme) ?? false;
    if (isForPeer && random.chance(0.9)) return { authorization: `Bearer ${PEER_TOKEN}` };
    return random.chance(0.03)
      ? { authorization: random.pick(['Bearer x', 'Basic eDp4', 'Bearer', `Bearer ${'t'.repeat(2000)}`]) }
      : {};
  }

  #body(operation: Operation | undefined): Buffer | undefined {
    const random = this.#random;
    const schema = operation?.requestBody?.content['application/json']?.schema;
    if (schema === undefined) return random.chance(0.05) ? Buffer.from('{"value":1}') : undefined;
    if (random.chance(0.02)) return undefined;
    return this.#mutated(JSON.stringify(this.#values.valueOf(schema)) ?? 'null');
  }

  #mutated(text: string): Buffer {
    const random = this.#random;
    if (random.chance(0.85)) return Buffer.from(text);
    const at = random.int(0, text.length);
    const bytes = Buffer.from(text);
    return random.pick<() => Buffer>([
      () => bytes.subarray(0, at),
      () =>
        Buffer.from(
          `${text.slice(0, at)}${random.pick(['"', '{', '[', ']', '}', ',', ':', '\\', '\u0000', '\ufeff', '1e999'])}${text.slice(at)}`,
        ),
      () => Buffer.concat([bytes.subarray(0, at), Buffer.from([random.int(128, 255)]), bytes.subarray(at)]),
      () => Buffer.from(text.replace('{', `{"value":${'['.repeat(random.int(1, 5000))}`)),
      () => Buffer.from(text.replace('{', `{"${'n'.repeat(random.int(1, 400))}":1,`)),
      () => Buffer.from(text.replace('{', '{"value":1,"value":2,')),
      () => Buffer.from(text + ' '.repeat(random.int(1, 5000))),
      () => Buffer.alloc(random.int(1, 300_000), '{"value":"'),
    ])();
  }
}

/** Without them, hardly any message would get past the first check; and some values would take too long. */
function hintsFrom({ etags, cursors, ids, epochs }: Learned): Hints {
  const now = Date.now();
  return (name) => {
    switch (name) {
      case 'to':
      case 'from':
        return ids.length > 0 ? ids : undefined;
      case 'epoch':
      case 'highestEpoch':
        return epochs.length > 0 ? [...epochs, (epochs.at(-1) as number) + 2] : [now];
      case 'version':
        return [1, 2, 3, 7];
      case 'updatedAt':
      case 'expiresAt':
        return [now, now + 60_000, now - 60_000];
      case 'key':
        return ['a', 'b', '\udc00a\udc001 1'];
      case 'at_least':
      case 'If-Match':
      case 'If-None-Match':
        return [...TAGS, ...etags];
      case 'cursor':
        return [...cursors, 'AAAA', '', 'x'.repeat(300)];
      case 'since':
        return ['now', '', 'x'.repeat(300), `${'0'.repeat(36)}.1`, ...cursors];
      case 'wait':
        return ['0', '0', '21', '-1', 'x', ''];
      case 'delayMs':
        return [0, 1];
      case 'ttl':
        return [1, 60, 315_360_001];
      case 'kind':
        return ['error', 'duplicate', 'delay'];
      default:
        return undefined;
    }
  };
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** As bytes of Latin-1, which is all that a header can have. */
function headerText(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}
