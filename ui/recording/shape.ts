// Checks that what a file holds has the shape that is expected, and keeps nothing else of it. A library that does this would be a
// twentieth of the page's script, for one file.

/** @returns the value, of which only what was asked for is kept @throws ShapeError */
export interface Shape {
  (value: unknown, path: string): unknown;
  /** As a member of an object it may be absent. */
  readonly isOptional?: true;
}

/** What is wrong, and where: `observations.0.at: a number from 0 to 10 is expected`. */
export class ShapeError extends Error {
  constructor(path: string, expected: string) {
    super(path === '' ? `${expected} is expected` : `${path}: ${expected} is expected`);
  }
}

export const number =
  (max: number): Shape =>
  (value, path) => {
    if (typeof value === 'number' && value >= 0 && value <= max) return value;
    throw new ShapeError(path, `a number from 0 to ${max}`);
  };

export const text =
  (max: number): Shape =>
  (value, path) => {
    if (typeof value === 'string' && value.length <= max) return value;
    throw new ShapeError(path, `a text of at most ${max} characters`);
  };

export const oneOf =
  (...values: readonly unknown[]): Shape =>
  (value, path) => {
    if (values.includes(value)) return value;
    throw new ShapeError(path, values.join(' or '));
  };

export const nullable =
  (shape: Shape): Shape =>
  (value, path) =>
    value === null ? null : shape(value, path);

export const list =
  (shape: Shape, max: number, min = 0): Shape =>
  (value, path) => {
    if (Array.isArray(value) && value.length >= min && value.length <= max)
      return value.map((each, i) => shape(each, `${path}.${i}`));
    throw new ShapeError(path, `a list of ${min} to ${max}`);
  };

export const maybe = (shape: Shape): Shape =>
  Object.assign((value: unknown, path: string) => shape(value, path), { isOptional: true } as const);

export const object = (members: Readonly<Record<string, Shape>>): Shape => {
  const entries = Object.entries(members);
  return (value, path) => {
    const given = membersOf(value, path);
    const kept: Record<string, unknown> = {};
    for (const [name, shape] of entries) {
      const isGiven = Object.hasOwn(given, name);
      if (isGiven || !shape.isOptional) kept[name] = shape(isGiven ? given[name] : undefined, within(path, name));
    }
    return kept;
  };
};

/** Objects that a member tells apart: each of its values has a shape for the others. */
export const variant =
  (member: string, shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, path) => {
    const name = membersOf(value, path)[member];
    const shape = typeof name === 'string' && Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (!shape) throw new ShapeError(within(path, member), Object.keys(shapes).join(' or '));
    return { [member]: name, ...(shape(value, path) as object) };
  };

function membersOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new ShapeError(path, 'an object');
}

const within = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
