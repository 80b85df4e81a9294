// One node as a part of `npm start`: a process that is started, watched until it serves, and ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeHttp } from '../../lib/builtin.ts';
import type { Role } from '../../lib/role.ts';
import { LaunchedNode } from '../launcher/launched-node.ts';
import { type NodeCommand, spawnNode } from '../launcher/spawn-node.ts';
import { nodePort } from '../ports.ts';
import { ROOT } from '../root.ts';
import { signOfNode } from '../running.ts';
import { shownPath } from '../shown-path.ts';
import { configOf } from './configuration.ts';
import type { Part } from './part.ts';

const START_LIMIT_MS = 60_000;
/** The pause between two looks at a node that answers but does not serve yet, in milliseconds. */
const LOOK_MS = 50;
/** How long one look at a node that starts waits for an answer, in milliseconds. */
const HEALTH_LIMIT_MS = 1000;

export interface NodePart extends Part {
  readonly node: LaunchedNode;
}

/** @param command what its process runs @throws Error when the environment names no port for it */
export function nodePart(role: Role, command: NodeCommand): NodePart {
  const port = nodePort(role);
  const url = `http://localhost:${port.port}`;
  const node = new LaunchedNode(role, port.port, {
    spawn: () => spawnNode(command(role)),
    answers: async () => (await healthOf(port.port)) !== undefined,
    pause: (ms, signal) => sleep(ms, undefined, signal && { signal }),
  });

  return {
    node,
    ports: [{ ...port, sign: signOfNode(port.port) }],

    /** Resolves also when it has ended before it served: whoever listens to it knows, or has ended it. */
    async start() {
      const end = performance.now() + START_LIMIT_MS;
      node.start();
      while (node.state !== 'stopped') {
        if (node.state === 'running' && (await healthOf(port.port))) return `${url}${whereDataIs(role)}`;
        if (performance.now() > end) throw new Error(`The ${role} is not ready after ${START_LIMIT_MS / 1000} s.`);
        await sleep(LOOK_MS);
      }
      return `${url} (${node.ended})`;
    },

    stop: () => node.close(),
  };
}

/** What `npm start` says of a node whose data outlives it. */
function whereDataIs(role: Role): string {
  const { store } = configOf(role);
  return store.kind === 'sqlite' ? `, data in ${shownPath(store.file, ROOT)}` : '';
}

/** Whether it serves; `undefined`: it does not answer. */
function healthOf(port: number): Promise<boolean | undefined> {
  const signal = AbortSignal.timeout(HEALTH_LIMIT_MS);
  return new Promise((resolve) => {
    nodeHttp('http:')
      .get({ host: '127.0.0.1', port, path: '/healthz', signal }, (answer) => {
        answer.on('error', () => {}).resume();
        resolve(answer.statusCode === 200);
      })
      .on('error', () => resolve(undefined));
  });
}
