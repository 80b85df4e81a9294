// Starts the replica that acknowledges everything, and makes the environment of a node beside it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface ReplicaStub {
  readonly url: string;
  /** Of a handler's process: a silent primary that ships to the stub. */
  readonly env: NodeJS.ProcessEnv;
  stop(): void;
}

export async function startReplicaStub(): Promise<ReplicaStub> {
  const child = fork(join(import.meta.dirname, 'replica-stub.ts'));
  const [port] = await once(child, 'message');
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    IS_OFFLINE: 'true',
    ROLE: 'primary',
    PEER_URL: url,
    PEER_TOKEN: 'bench',
    MEMORY_LIMIT_MB: '4096',
    LOG: 'silent',
  };
  return { url, env, stop: () => child.disconnect() };
}
