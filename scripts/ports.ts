// Says which port is taken, and how to use another, before anything is started on it.
import { createServer } from 'node:net';

export interface PortUse {
  readonly port: number;
  /** The environment variable that changes it. */
  readonly variable: string;
}

/** @throws Error naming every port that cannot be had */
export async function assertPortsFree(uses: readonly PortUse[]): Promise<void> {
  const problems = (await Promise.all(uses.map(problemOf))).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function problemOf({ port, variable }: PortUse): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      const airplay = port === 5000 && process.platform === 'darwin' ? ' On macOS AirPlay Receiver holds it.' : '';
      const what = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`;
      resolve(
        `Port ${port} ${what}.${airplay} Choose another with ${variable}, for instance ${variable}=${port + 100}.`,
      );
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}
