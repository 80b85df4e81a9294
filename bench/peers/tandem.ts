// A pair of Tandem on one of its runners, over one of its stores.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEndpoint } from '../../tests/support/endpoint.ts';
import { startPair } from '../../tests/support/nodes.ts';
import type { MeasuredPeer } from './peer.ts';

export type Runner = 'serve' | 'emulator';
export type StoreKind = 'memory' | 'sqlite' | 'dynamodb';

export async function startTandem(runner: Runner, store: StoreKind): Promise<MeasuredPeer> {
  const { env, remove } = await contentsOf(store);
  const options = runner === 'serve' ? { serve: {} } : { isScheduled: false };
  const pair = await startPair({ LOG: 'silent', FAULT_INJECTION: 'off', STORE: store, ...env }, options);
  return {
    url: pair.primary.url,
    async stop() {
      await pair.stop();
      await remove();
    },
  };
}

interface Contents {
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<unknown>;
}

async function contentsOf(store: StoreKind): Promise<Contents> {
  if (store === 'dynamodb') return startEndpoint();
  if (store === 'memory') return { env: {}, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'tandem-peers-'));
  return { env: { SQLITE_FOLDER: folder }, remove: () => rm(folder, { recursive: true }) };
}
