// What the operations of the OpenAPI description are about.
import type { Json } from '../json-schema.ts';
import { withExample } from './examples.ts';
import type { Operation } from './head.ts';

export const TAGS: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'Keys', description: 'Write, read, list and follow keys.' },
  { name: 'State', description: 'What is copied and what is not, and how the node is doing.' },
  { name: 'Operation', description: 'Repair, and decide who leads.' },
  {
    name: 'Failures on purpose',
    description: 'Make replication fail, and watch. Not there where fault injection is off.',
  },
  { name: 'Between the nodes', description: 'What the nodes say to each other, with the peer token.' },
];

/** By the first part of a path; what is in none of these is about the state. */
const TAG_OF: Readonly<Record<string, string>> = {
  key: 'Keys',
  keys: 'Keys',
  batch: 'Keys',
  changes: 'Keys',
  repair: 'Operation',
  promote: 'Operation',
  divergent: 'Operation',
  faults: 'Failures on purpose',
  events: 'Failures on purpose',
};

/** @param paths of the description. @returns the same, each operation with its tag, and an example of its body */
export function withTags(paths: Json): Json {
  const tagged = Object.entries(paths).map(([path, item]) => {
    const operations = Object.entries(item as Json).map(([method, operation]) => [
      method,
      isOperation(operation) ? { tags: [tagOf(path, operation)], ...withExample(operation) } : operation,
    ]);
    return [path, Object.fromEntries(operations)];
  });
  return Object.fromEntries(tagged);
}

function isOperation(part: unknown): part is Operation {
  return typeof part === 'object' && part !== null && 'operationId' in part;
}

function tagOf(path: string, { security = [] }: Operation): string {
  if (security.some((scheme) => 'peer' in scheme)) return 'Between the nodes';
  return TAG_OF[path.split('/')[1] ?? ''] ?? 'State';
}
