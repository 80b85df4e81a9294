// Ports that nobody listens on.
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below the ports that any system gives to connections by itself: a node that starts again must find its own free. */
const PORT_RANGE = [20_000, 32_000] as const;

/** Ports that are free now, each another one. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = await listening(randomInt(...PORT_RANGE));
    if (server) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** @returns `undefined` when the port is not free */
function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
