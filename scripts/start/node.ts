// One node: the emulator in a process of its own, what it prints, and its end.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '../../lib/role.ts';
import { ROOT } from '../build.ts';
import { portOf } from '../ports.ts';
import { signOfNode } from '../running.ts';
import type { Part } from './part.ts';

const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5000;
/** How long one look at a node that starts waits for an answer, in milliseconds. */
const HEALTH_LIMIT_MS = 1000;
/** The emulator's table of routes, which it prints at every log level. */
const BANNER = /^\s*[┌│└]/;

/** @param onEnd is told when it has ended by itself, with its exit code */
export function node(role: Role, usualPort: number, onEnd: (code: number | null) => void): Part {
  const port = portOf(`${role.toUpperCase()}_PORT`, usualPort);
  let child: ChildProcess | undefined;
  let stopping = false;

  return {
    ports: [{ ...port, sign: signOfNode(port.port) }],

    async start() {
      child = spawnEmulator(role);
      child.once('exit', (code) => stopping || onEnd(code));
      const end = performance.now() + START_LIMIT_MS;
      while (!stopping && child.exitCode === null && !(await isHealthy(port.port))) {
        if (performance.now() > end) throw new Error(`The ${role} is not ready after ${START_LIMIT_MS / 1000} s.`);
        await sleep(50);
      }
      return `http://localhost:${port.port}`;
    },

    async stop() {
      stopping = true;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      child.kill('SIGTERM');
      await Promise.race([gone, sleep(STOP_LIMIT_MS)]);
      child.kill('SIGKILL');
    },
  };
}

function spawnEmulator(role: Role): ChildProcess {
  const child = spawn(process.execPath, [SERVERLESS, 'offline', '--stage', role], {
    cwd: ROOT,
    env: { SLS_LOG_LEVEL: 'warning', LOG: 'requests', ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() !== '' && !BANNER.test(line)) console.log(line);
    });
  }
  return child;
}

function isHealthy(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(HEALTH_LIMIT_MS);
  return fetch(`http://127.0.0.1:${port}/healthz`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}
