// `npm run drill`: a failover of real processes that accounts for every write, and a switchover and back.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Account, accountOf } from '../../scripts/drill/account.ts';
import { type Pair, startPair } from '../support/nodes.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A shell may have tokens for other nodes. */
const env = { ...process.env, WRITE_TOKEN: 'of-other-nodes', READ_TOKEN: 'of-other-nodes-too' };

/** @returns what it printed, and its exit code */
async function drill(...args: string[]): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/drill.ts'), ...args], { cwd: ROOT, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { output, code };
}

test('P9 a failover loses nothing: each write is current, superseded by one that had seen it, or listed by its name', async () => {
  const { output, code } = await drill();
  expect({ output, code }).toMatchObject({ code: 0 });
  const counted = Object.fromEntries(
    ['acknowledged', 'current', 'superseded, having been seen', 'divergent'].map((what) => {
      return [what, Number(new RegExp(`^${what} +(\\d+)`, 'm').exec(output)?.[1])];
    }),
  );
  // Five keys were written on both sides while the link was cut: the last write of each on the side that lost.
  expect(counted).toMatchObject({ current: 16, divergent: 5 });
  expect(counted.acknowledged).toBe(
    (counted.current ?? 0) + (counted['superseded, having been seen'] ?? 0) + (counted.divergent ?? 0),
  );
  expect(output).toMatch(/^divergent +5: (drill\/\d@\d+-\d+(, )?){5}$/m);
  expect(output).toMatch(/^lost +none$/m);
  expect(output).toMatch(/A switchover to .* took \d+ ms; \d+ writes .* refused for \d+ ms at most\./);
});

describe('against nodes that run already', () => {
  let nodes: Pair;
  beforeAll(async () => {
    nodes = await startPair({}, { serve: {} });
  });
  afterAll(() => nodes?.stop());

  test('a switchover and back, as planned', async () => {
    const { output, code } = await drill('--primary', nodes.primary.url, '--replica', nodes.replica.url);
    expect({ output, code }).toMatchObject({ code: 0 });
    expect(output.match(/A switchover to/g)).toHaveLength(2);
  });

  test('says so when the nodes are named the wrong way round', async () => {
    const { output, code } = await drill('--primary', nodes.replica.url, '--replica', nodes.primary.url);
    expect(code).toBe(1);
    expect(output).toContain('is the primary: name the nodes as they are now');
  });
});

describe('the account', () => {
  const none: Account = { acknowledged: 0, current: 0, superseded: 0, divergent: [], lost: [] };

  test('of nothing is nothing', () => {
    expect(accountOf(new Map(), new Set(), new Set())).toEqual(none);
  });

  test('finds a write that is nowhere, and one that only a divergent write had seen', () => {
    const replaced = new Map([
      ['k@1-1', undefined],
      ['k@1-2', 'k@1-1'],
      ['k@3-1', undefined],
      ['lost@1-1', undefined],
    ]);
    expect(accountOf(replaced, new Set(['k@3-1']), new Set(['k@1-2']))).toEqual({
      acknowledged: 4,
      current: 1,
      superseded: 1,
      divergent: ['k@1-2'],
      lost: ['lost@1-1'],
    });
  });
});
