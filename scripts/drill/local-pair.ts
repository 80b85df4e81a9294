// A pair of nodes on this machine for a drill, in memory, and the link between them, which can be cut.
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../root.ts';
import { presentArtifact } from '../serve/artifact.ts';
import { DrillNode } from './node.ts';

const HOST = '127.0.0.1';
const START_LIMIT_MS = 30_000;

export interface LocalPair {
  readonly a: DrillNode;
  readonly b: DrillNode;
  cut(): void;
  join(): void;
  stop(): Promise<void>;
}

export async function startLocalPair(): Promise<LocalPair> {
  const artifact = await presentArtifact();
  const [portA, portB] = (await Promise.all([freePort(), freePort()])) as [number, number];
  const links = await Promise.all([startLink(portA), startLink(portB)]);
  const [toA, toB] = links;
  const processes = [serve('primary', portA, toB.port, artifact), serve('replica', portB, toA.port, artifact)];
  const stop = async () => {
    await Promise.all(processes.map(end));
    for (const link of links) link.stop();
  };
  const [a, b] = [portA, portB].map((port) => new DrillNode(`http://${HOST}:${port}`)) as [DrillNode, DrillNode];
  try {
    for (const node of [a, b]) await untilServing(node, processes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    a,
    b,
    cut: () => links.forEach((link) => void link.cut()),
    join: () => links.forEach((link) => void link.join()),
    stop,
  };
}

function serve(role: 'primary' | 'replica', port: number, peerPort: number, artifact: string): ChildProcess {
  const options = ['--port', `${port}`, '--peer', `http://${HOST}:${peerPort}`, '--artifact', artifact];
  return spawn(process.execPath, [join(ROOT, 'scripts/serve.ts'), role, ...options], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function untilServing(node: DrillNode, processes: readonly ChildProcess[]): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < START_LIMIT_MS; await sleep(50)) {
    if (processes.some(({ exitCode }) => exitCode !== null)) break;
    const reply = await node.ask('GET', '/healthz').catch(() => undefined);
    if (reply?.status === 200) return;
  }
  throw new Error('The nodes of the drill did not start.');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await gone;
}

interface Link {
  readonly port: number;
  /** Every connection is reset, and new ones are too, until it is joined again. */
  cut(): void;
  join(): void;
  stop(): void;
}

async function startLink(target: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((from) => {
    if (isCut) return void from.resetAndDestroy();
    const to = connect(target, HOST);
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  const port = await listen(server, 0);
  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port,
    cut() {
      isCut = true;
      reset();
    },
    join() {
      isCut = false;
    },
    stop() {
      server.close();
      reset();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
