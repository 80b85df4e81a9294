// Says which port is taken, by whom if that is Tandem, and how to use another, before anything is started on it.
import { createServer } from 'node:net';
import type { Role } from '../lib/role.ts';
import { isThere, type Sign } from './running.ts';

export interface PortUse {
  readonly port: number;
  /** The environment variable that changes it. */
  readonly variable: string;
  /** How to tell whether a part of Tandem that is running already holds it. */
  readonly sign?: Sign;
}

interface Problem extends PortUse {
  /** Why it cannot be had, as Node names it. */
  readonly code: string;
  readonly isTandem: boolean;
}

/** Ports that cannot be had, in a message for the operator. */
export class PortError extends Error {}

/** Of the nodes, where the environment names no others. */
export const USUAL_PORTS: Readonly<Record<Role, number>> = { primary: 5000, replica: 5001 };
const MAX_PORT = 65_535;
/** A program on either of them would get what is meant for `localhost`. */
const LOOPBACKS = ['127.0.0.1', '::1'];

/** The port that an environment variable names, or the usual one. @throws Error when it names none */
export function portOf(variable: string, usual: number): PortUse {
  const text = process.env[variable] || `${usual}`;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > MAX_PORT) {
    throw new Error(`${variable} must be a port from 1 to 65535, not '${text}'.`);
  }
  return { port, variable };
}

/** The port of a node. @throws Error when the environment names none */
export function nodePort(role: Role): PortUse {
  return portOf(`${role.toUpperCase()}_PORT`, USUAL_PORTS[role]);
}

/** @throws PortError naming every port that cannot be had */
export async function assertPortsFree(uses: readonly PortUse[]): Promise<void> {
  const problems = (await Promise.all(uses.map(problemOf))).filter((problem) => problem !== undefined);
  if (problems.length === 0) return;
  const ofTandem = problems.filter(({ isTandem }) => isTandem);
  const others = problems.filter(({ isTandem }) => !isTandem);
  throw new PortError([...(ofTandem.length > 0 ? [alreadyRunning(ofTandem)] : []), ...others.map(taken)].join('\n'));
}

async function problemOf(use: PortUse): Promise<Problem | undefined> {
  const codes = await Promise.all(LOOPBACKS.map((host) => errorOf(use.port, host)));
  const code = codes.find((each) => each !== undefined);
  if (code === undefined) return undefined;
  return { ...use, code, isTandem: use.sign !== undefined && (await isThere(use.sign)) };
}

/** @returns the code of the error that listening meets, if any */
function errorOf(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
      // A machine without IPv6 has no such address, and so nobody on it.
      resolve(code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' ? undefined : code);
    });
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

function alreadyRunning(problems: readonly Problem[]): string {
  const addresses = new Set(problems.map(({ sign }) => sign?.url && new URL(sign.url).port));
  return `Tandem is already running at ${[...addresses].map((port) => `http://localhost:${port}`).join(', ')}.
Use it there, or stop it with Ctrl-C in its terminal. To start another one beside it, set other ports in the environment,
for instance ${problems.map(other).join(', ')}.`;
}

function taken(problem: Problem): string {
  const { port, variable, code } = problem;
  const airplay = port === 5000 && process.platform === 'darwin' ? ' On macOS AirPlay Receiver holds it.' : '';
  const what = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`;
  return `Port ${port} ${what}.${airplay} Choose another with ${variable}, for instance ${other(problem)}.`;
}

/** Another port that may be free: a hundred above, or below where there is none. */
function other({ port, variable }: PortUse): string {
  return `${variable}=${port + 100 <= MAX_PORT ? port + 100 : port - 100}`;
}
