// A short run of real processes, in which nothing breaks a promise; and nodes with a bug, which a run finds out.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyArtifact } from '../support/built.ts';
import { reportOf } from './check.ts';
import type { ClusterOptions } from './cluster.ts';
import { carefree, stale, unconditional, withholding } from './liars.ts';
import { FAULTS } from './nemesis.ts';
import { type RunOptions, torture } from './run.ts';

let artifact: string;
beforeAll(async () => {
  artifact = await mkdtemp(join(tmpdir(), 'tandem-torture-'));
  await copyArtifact(artifact);
});
afterAll(() => rm(artifact, { recursive: true }));

const run = (options: Omit<RunOptions, keyof ClusterOptions> & ClusterOptions) =>
  torture({ ...options, serve: { artifact } });

// Windows has no signals that stop a process and let it go on.
const faults = Object.keys(FAULTS).filter((name) => process.platform !== 'win32' || !name.includes('stop'));

test('P1 P2 P3 P4 P5 P10 hold, whatever is killed, stopped and cut', async () => {
  const told: string[] = [];
  const record = await run({ seed: 13462, rounds: 5, faults, tell: (line) => told.push(line) });
  if (record.violations.length > 0) throw new Error(`npm run torture -- --seed 13462 --rounds 5\n${reportOf(record)}`);
  expect(record.requests).toBeGreaterThanOrEqual(5 * 250);
  // Whatever faults there are on this system, this seed picks those.
  for (const fault of ['kill-replica', 'kill-promote', 'switchover', 'cut'])
    expect(told).toContainEqual(expect.stringMatching(`requests: ${fault}$`));
});

describe('it finds', () => {
  test('P2 a replica that does not have all that it has acknowledged', async () => {
    const record = await run({ seed: 2, rounds: 1, faults: ['delay'], replicaDisguise: withholding });
    expect(reportOf(record)).toMatch(/P2 .* was answered replicated, and is not on the replica/);
  });

  test('P1 a primary that answers reads with old values, and shows the history', async () => {
    const record = await run({ seed: 3, rounds: 1, faults: ['delay'], primaryDisguise: stale });
    const told = reportOf(record);
    expect(told).toMatch(/P1 P5 key-\d: the history is not linearizable. With .* at version \d+/);
    expect(told).toMatch(/called +ended +client +what +outcome/);
  });

  test('P1 a primary that passes over conditions', async () => {
    const record = await run({ seed: 4, rounds: 1, faults: ['delay'], primaryDisguise: unconditional });
    expect(reportOf(record)).toMatch(/P1 P5 key-\d: the history is not linearizable/);
  });

  test('P10 a primary that always says inSync', async () => {
    const record = await run({ seed: 6, rounds: 1, faults: ['kill-replica'], primaryDisguise: carefree });
    expect(reportOf(record)).toMatch(/P10 .*the status says inSync/);
  });
});
