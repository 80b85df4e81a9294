// The process of a node, and what it starts in turn: how all of that is started, held and ended, on each system.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Role } from '../../lib/role.ts';
import { ROOT } from '../root.ts';
import type { Action } from './launched-node.ts';
import type { End, NodeProcess } from './node-process.ts';

/** What Node is to run, with its arguments, so that this process becomes a node. */
export type NodeCommand = (role: Role) => readonly string[];

const SERVE = join(ROOT, 'scripts/serve.ts');
const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
/** The emulator, as `sls offline` starts it. */
export const emulator: NodeCommand = (role) => [SERVERLESS, 'offline', '--stage', role];

/** Where a node is, and the other one. */
export interface Place {
  readonly port: number;
  readonly peerUrl: string;
}

/** The node of `npm run serve`, on this machine. @param placeOf where a node is, whatever the environment says of one alone */
export function withoutEmulator(placeOf: (role: Role) => Place): NodeCommand {
  return (role) => {
    const { port, peerUrl } = placeOf(role);
    // As under the emulator, unless the environment says otherwise.
    const store = process.env.STORE || 'memory';
    return [SERVE, '--role', role, '--host', '127.0.0.1', '--port', `${port}`, '--peer', peerUrl, '--store', store];
  };
}

const IS_WINDOWS = process.platform === 'win32';
/** What this system can do with a process. Windows has no signals that hold one. */
export const ACTIONS: readonly Action[] = IS_WINDOWS
  ? ['kill', 'stop', 'start']
  : ['kill', 'stop', 'start', 'freeze', 'thaw'];

/** The emulator's table of routes, which it prints at every log level. */
const BANNER = /^\s*[┌│└]/;

/**
 * Starts Node on `command`. What it prints is printed here.
 *
 * It leads a process group of its own, which signals reach as a whole, and which a Ctrl-C in the terminal does not reach: who started it ends
 * it. If this process ends before that, it is killed.
 */
export function spawnNode(command: readonly string[]): NodeProcess {
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { SLS_LOG_LEVEL: 'warning', LOG: 'requests', ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // On Windows it would get a window of its own.
    detached: !IS_WINDOWS,
  });
  print(child);
  let hasEnded = child.pid === undefined;
  const signal = (name: NodeJS.Signals) => hasEnded || signalTree(child, name);
  const killTree = () => signal('SIGKILL');
  process.once('exit', killTree);

  const ended = new Promise<End>((resolve) => {
    const end = (code: number | null, by: NodeJS.Signals | null) => {
      // What it has left behind could hold its port.
      killTree();
      hasEnded = true;
      process.off('exit', killTree);
      resolve({ code, signal: by });
    };
    child.once('exit', end);
    child.on('error', (error) => {
      console.error(error.message);
      if (child.pid === undefined) end(null, null);
    });
  });

  return {
    pid: child.pid,
    ended,
    terminate: () => {
      // Alone: what it has started it ends itself. Windows knows no asking.
      if (IS_WINDOWS) killTree();
      else if (!hasEnded) child.kill('SIGTERM');
    },
    kill: killTree,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };
}

function print(child: ChildProcess): void {
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) continue;
    createInterface({ input }).on('line', (line) => {
      if (line.trim() !== '' && !BANNER.test(line)) console.log(line);
    });
  }
}

/** Synchronous, so that it works while this process ends. */
function signalTree({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  if (IS_WINDOWS) {
    const taskkill = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'taskkill.exe');
    spawnSync(taskkill, ['/PID', `${pid}`, '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, name);
  } catch (error) {
    // Nobody of the group is left: macOS says EPERM of one that has ended and was not yet waited for.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
