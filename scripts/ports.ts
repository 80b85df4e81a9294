// Says which port is taken, and how to use another, before anything is started on it.
import { createServer } from 'node:net';

export interface PortUse {
  readonly port: number;
  /** The environment variable that changes it. */
  readonly variable: string;
}

/** A program on either of them would get what is meant for `localhost`. */
const LOOPBACKS = ['127.0.0.1', '::1'];

/** The port that an environment variable names, or the usual one. @throws Error when it names none */
export function portOf(variable: string, usual: number): PortUse {
  const text = process.env[variable] || `${usual}`;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`${variable} must be a port from 1 to 65535, not '${text}'.`);
  }
  return { port, variable };
}

/** @throws Error naming every port that cannot be had */
export async function assertPortsFree(uses: readonly PortUse[]): Promise<void> {
  const problems = (await Promise.all(uses.flatMap((use) => LOOPBACKS.map((host) => problemOf(use, host))))).filter(
    (problem) => problem !== undefined,
  );
  if (problems.length > 0) throw new Error([...new Set(problems)].join('\n'));
}

function problemOf({ port, variable }: PortUse, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      // A machine without IPv6 has no such address, and so nobody on it.
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return resolve(undefined);
      const airplay = port === 5000 && process.platform === 'darwin' ? ' On macOS AirPlay Receiver holds it.' : '';
      const what = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`;
      resolve(
        `Port ${port} ${what}.${airplay} Choose another with ${variable}, for instance ${variable}=${port + 100}.`,
      );
    });
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
