// What a handler costs by itself: called directly, without an emulator, in a process of its own.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { buildArtifact } from './artifact.ts';
import type { Times } from './direct-worker.ts';
import { ask } from './process.ts';
import type { Table } from './report.ts';
import { median, spread } from './stats.ts';
import { startReplicaStub } from './stub.ts';

export async function measureDirect(): Promise<Table[]> {
  await buildArtifact();
  const stub = await startReplicaStub();
  const worker = fork(join(import.meta.dirname, 'direct-worker.ts'), { env: stub.env });
  try {
    return [tableOf(await ask<Times>(worker, {}))];
  } finally {
    worker.disconnect();
    stub.stop();
  }
}

function tableOf(times: Times): Table {
  const base = median(times['empty handler'] as number[]);
  return {
    title: 'Handlers called directly, without an emulator',
    rows: Object.entries(times).map(([call, rounds]) => ({
      call,
      'µs a call': median(rounds),
      'middle half': `${spread(rounds).lower.toFixed(1)}–${spread(rounds).upper.toFixed(1)}`,
      'µs more than empty': median(rounds) - base,
    })),
    notes: [
      'One after another, but for "16 at once", which is the time per call of 16 in flight.',
      'PUT ships to a local HTTP server in another process that acknowledges everything at once.',
    ],
  };
}
