// The structure of the code: what imports what, read from the imports themselves.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');
const SOURCE = ['handlers', 'lib'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name).split(sep).join('/')),
);

/** The files that each file imports, by their paths from the repository's root. */
const IMPORTS = new Map(SOURCE.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const specifiers = [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+\.ts)'/g)].map(
    ([, path = '']) => path,
  );
  return specifiers.map((path) =>
    relative(ROOT, resolve(ROOT, dirname(file), path))
      .split(sep)
      .join('/'),
  );
}

/** The room of a file: the folder below lib, or `ground` for a file at lib's root. */
function roomOf(file: string): string {
  const [top = '', room = '', ...rest] = file.split('/');
  if (top !== 'lib') return top;
  return rest.length === 0 ? 'ground' : room;
}

/** The room of a file of lib/replication: its folder there, or `replication` for a file at its root. */
function innerRoomOf(file: string): string | undefined {
  const [, , room = '', ...rest] = file.split('/');
  if (!file.startsWith('lib/replication/')) return undefined;
  return rest.length === 0 ? 'replication' : room;
}

function arrows(nameOf: (file: string) => string | undefined): string[] {
  const found = new Set<string>();
  for (const [file, imports] of IMPORTS) {
    for (const imported of imports) {
      const [from, to] = [nameOf(file), nameOf(imported)];
      if (from !== undefined && to !== undefined && from !== to) found.add(`${from} --> ${to}`);
    }
  }
  return [...found].sort();
}

/** The arrows of the Mermaid diagrams on the page, each diagram's in a list of its own. */
function drawnIn(page: string): string[][] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/```mermaid\n(.*?)```/gs)].map(([, diagram = '']) =>
    [...diagram.matchAll(/^\s*(\w+) --> (\w+)\s*$/gm)].map(([, from, to]) => `${from} --> ${to}`).sort(),
  );
}

describe('docs/code-map.md', () => {
  test('draws every arrow between the rooms of the code, and no other', () => {
    expect(drawnIn('docs/code-map.md')[0]).toEqual(arrows(roomOf));
  });

  test('draws every arrow inside lib/replication, and no other', () => {
    expect(drawnIn('docs/code-map.md')[1]).toEqual(arrows(innerRoomOf));
  });
});

test('arrows between rooms point down only', () => {
  const layers = [
    'handlers',
    'http',
    'node',
    'faults',
    'replication',
    'peer',
    'store',
    'config',
    'telemetry',
    'ground',
  ];
  const upwards = arrows(roomOf).filter((arrow) => {
    const [from = '', to = ''] = arrow.split(' --> ');
    return layers.indexOf(to) < layers.indexOf(from);
  });
  expect(upwards).toEqual([]);
});

test('no file imports itself through others', () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) throw new Error([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file)) return;
    for (const imported of IMPORTS.get(file) ?? []) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of SOURCE) visit(file, []);
  expect(done.size).toBe(SOURCE.length);
});
