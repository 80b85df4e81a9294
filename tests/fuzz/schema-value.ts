// Values for a JSON Schema of the OpenAPI document: right ones most of the time, and others.
import type { Random } from '../simulation/random.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** What a name of a field, a parameter or a header should have, where the schema alone does not tell. */
export type Hints = (name: string) => readonly unknown[] | undefined;

/** How often a value is what its schema says. */
const RIGHT = 0.93;
const MAX_ITEMS = 4;

export class SchemaValues {
  readonly #components: Schema;
  readonly #random: Random;
  readonly #hints: Hints;

  /** @param components `components.schemas` of the document */
  constructor(components: Schema, random: Random, hints: Hints) {
    this.#components = components;
    this.#random = random;
    this.#hints = hints;
  }

  /** @param name of the field that has it */
  valueOf(schema: Schema, name = ''): unknown {
    const random = this.#random;
    if (!random.chance(RIGHT)) return this.#wrong();
    const hints = this.#hints(name);
    if (hints) return random.pick(hints);
    if (typeof schema.$ref === 'string') return this.valueOf(this.#resolve(schema.$ref), name);
    const choices = (schema.anyOf ?? schema.oneOf ?? schema.enum) as readonly unknown[] | undefined;
    if (schema.enum) return random.pick(choices as readonly unknown[]);
    if (choices) return this.valueOf(random.pick(choices) as Schema, name);
    if ('const' in schema) return schema.const;
    return this.#ofType(schema);
  }

  #resolve(ref: string): Schema {
    return this.#components[ref.slice(ref.lastIndexOf('/') + 1)] as Schema;
  }

  #ofType(schema: Schema): unknown {
    const random = this.#random;
    const type = Array.isArray(schema.type) ? random.pick(schema.type) : schema.type;
    switch (type) {
      case 'object':
        return this.#object(schema);
      case 'array':
        return Array.from({ length: random.int(0, MAX_ITEMS) }, () => this.valueOf((schema.items ?? {}) as Schema));
      case 'integer':
      case 'number': {
        const { minimum = 0, maximum = 1e6 } = schema as { minimum?: number; maximum?: number };
        return random.pick([minimum, maximum, random.int(minimum, Math.min(maximum, minimum + 1000))]);
      }
      case 'boolean':
        return random.chance(0.5);
      case 'null':
        return null;
      case 'string':
        return random.pick(TEXTS);
      default:
        return random.chance(0.5) ? random.pick(TEXTS) : { a: [1, { b: null }] };
    }
  }

  #object({ properties = {}, required = [] }: Schema): Record<string, unknown> {
    const entries = Object.entries(properties as Record<string, Schema>).filter(
      ([name]) => (required as string[]).includes(name) || this.#random.chance(0.5),
    );
    const object = Object.fromEntries(entries.map(([name, schema]) => [name, this.valueOf(schema, name)]));
    if (!this.#random.chance(RIGHT)) object[this.#random.pick(NAMES)] = this.#wrong();
    return object;
  }

  #wrong(): unknown {
    const random = this.#random;
    const depth = random.int(1, 80);
    const nested: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    return random.pick([...WRONG, 'x'.repeat(random.int(90, 3000)), nested, Array(random.int(1, 700)).fill(0)]);
  }
}

export const TEXTS = [
  '',
  'a',
  'hello',
  '__fail__',
  '__proto__',
  'ключ',
  '😀',
  '\ud800',
  'a\u0000b',
  "'; --",
  '%2F',
  '"',
  '\\',
];
const NAMES = ['__proto__', 'constructor', 'toString', 'value', 'n'.repeat(400), '😀', '', 'a.b'];
const WRONG: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  '0',
  [],
  {},
  [[]],
  { length: 1 },
  { toString: 1 },
  '\udfff',
];
