// Serves the console: the files of ui/.
import { createServer } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { ROOT } from './build.ts';
import { type PortUse, portOf } from './ports.ts';

export function consolePort(): PortUse {
  return portOf('CONSOLE_PORT', 8000);
}

/** @returns its address, once it serves */
export async function serveConsole(): Promise<string> {
  const { port } = consolePort();
  const serve = sirv(join(ROOT, 'ui'), { dev: true });
  const server = createServer((request, response) =>
    serve(request, response, () => void response.writeHead(404).end('Not found')),
  );
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return addressOf(port);
}

/** With other ports than the usual ones the console is told where the nodes are. */
function addressOf(port: number): string {
  const address = `http://localhost:${port}`;
  const { PRIMARY_PORT = '5000', REPLICA_PORT = '5001' } = process.env;
  if (PRIMARY_PORT === '5000' && REPLICA_PORT === '5001') return address;
  const nodes = { primary: `http://localhost:${PRIMARY_PORT}`, replica: `http://localhost:${REPLICA_PORT}` };
  return `${address}/?${new URLSearchParams(nodes)}`;
}
