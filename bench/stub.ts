// Starts the replica that acknowledges everything, and makes the environment of a node beside it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface ReplicaStub {
  /** Of a handler's process: a silent primary that ships to the stub. */
  readonly env: NodeJS.ProcessEnv;
  stop(): void;
}

export async function startReplicaStub(): Promise<ReplicaStub> {
  const child = fork(join(import.meta.dirname, 'replica-stub.ts'));
  const [port] = await once(child, 'message');
  const env = {
    ...process.env,
    ROLE: 'primary',
    PEER_URL: `http://127.0.0.1:${port}`,
    PEER_TOKEN: 'bench',
    MEMORY_LIMIT_MB: '4096',
    LOG: 'silent',
  };
  return { env, stop: () => child.disconnect() };
}
