// What the pages promise about themselves: links lead somewhere, the README stays short, the words come first.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');
const MAX_README_LINES = 170;
const MAX_MOVING_MIB = 4;

const pages = globSync('**/*.md', { cwd: ROOT, exclude: (path) => path === 'node_modules' });
const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');
/** A block of code may show what looks like a link or a heading. */
const proseOf = (page: string) => textOf(page).replaceAll(/^```.*?^```/gms, '');

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(page).matchAll(/^#+ (.+)$/gm)) {
    const text = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '');
    const anchor = text.replaceAll(/\s/g, '-');
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/** What is wrong with a relative link of a page; `undefined` if it leads somewhere. */
function problemOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, target))) return `${page}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  const isThere = target.endsWith('.md') && anchorsOf(target).has(anchor);
  return isThere ? undefined : `${page}: ${target} has no heading #${anchor}`;
}

test('every relative link of a page leads to a file, and every anchor to a heading', () => {
  const links = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => [page, link as string] as const),
  );
  const relativeLinks = links.filter(([, link]) => !/^[a-z]+:/.test(link));
  expect(relativeLinks.length).toBeGreaterThan(20);
  expect(relativeLinks.map(([page, link]) => problemOf(page, link)).filter(Boolean)).toEqual([]);
});

test('every file of this project that a page names is there', () => {
  const ofThisVersion = pages.filter((page) => /^(docs|lib)\b|^README|^CONTRIBUTING/.test(page));
  const named = ofThisVersion.flatMap((page) =>
    [...proseOf(page).matchAll(/`((?:bench|docs|handlers|lib|scripts|tests|ui)\/[\w./-]*)`/g)].map(
      ([, path = '']) => path,
    ),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test(`the README has at most ${MAX_README_LINES} lines`, () => {
  expect(textOf('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_README_LINES);
});

test(`the tour is there as a film and as an animated picture, of ${MAX_MOVING_MIB} MiB at most`, () => {
  const [film, picture] = ['tour.webm', 'tour.webp'].map((name) => readFileSync(join(ROOT, 'docs', name)));
  expect(film?.toString('hex', 0, 4)).toBe('1a45dfa3');
  expect(picture?.toString('latin1', 0, 16)).toMatch(/^RIFF.{4}WEBPVP8X$/s);
  // Of the flags of an extended WebP the one that says that it moves.
  expect((picture?.readUInt8(20) ?? 0) & 0b10).not.toBe(0);
  for (const file of [film, picture]) expect(file?.length).toBeLessThanOrEqual(MAX_MOVING_MIB * 2 ** 20);
});

test('the page of the protocol begins with its words', () => {
  const text = textOf('docs/protocol.md');
  expect(text.match(/^## .+$/m)?.[0]).toBe('## Words');
  expect(text.match(/^\|.+$/m)?.[0]).toBe('| word | meaning |');
});

test('every attack in the page on security has a test that is there', () => {
  const tables = [...textOf('docs/security.md').matchAll(/^\| what was tried .+\n.+\n((?:\|.+\n)+)/gm)];
  const rows = tables.flatMap(([, table = '']) => table.trimEnd().split('\n'));
  expect(rows.length).toBeGreaterThan(30);
  const tests = rows.map((row) => {
    const [tried, holds, cell = '', ...more] = row.slice(2, -2).split(' | ');
    return {
      tried,
      holds,
      more,
      // The tests of the package are in several files, which one test file puts together.
      tests: [...cell.matchAll(/`(tests\/(?:package\/\w+|[\w./-]+\.test)\.ts)`/g)].map(([, path = '']) => path),
    };
  });
  expect(tests.filter(({ tests, more }) => tests.length === 0 || more.length > 0)).toEqual([]);
  expect(tests.flatMap((row) => row.tests).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('no word of the protocol is explained twice', () => {
  const [, table = ''] = textOf('docs/protocol.md').match(/^\| word .+\n.+\n((?:\|.+\n)+)/m) ?? [];
  const words = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) => cell.split(', '));
  expect(words.length).toBeGreaterThan(40);
  expect(words.filter((word, i) => words.indexOf(word) !== i)).toEqual([]);
});
