// Has a server listen, or says why it cannot.
import type { Server } from 'node:http';
import { assertPortsFree, PortError } from '../ports.ts';
import { signOfNode } from '../running.ts';
import { isLoopback, type ServeOptions } from './options.ts';

type Place = Pick<ServeOptions, 'host' | 'port' | 'portFrom' | 'tls'>;

/** @throws PortError when the address or the port cannot be had */
export async function listen(server: Server, place: Place): Promise<void> {
  const { host, port, portFrom } = place;
  if (isLoopback(host)) await assertPortsFree([{ port, variable: portFrom, sign: signOfNode(port) }]);
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      reject(new PortError(reasonOf(code, message, place))),
    );
    server.listen(port, host, resolve);
  });
}

function reasonOf(code: string | undefined, message: string, { host, port, portFrom }: Place): string {
  if (code === 'EADDRINUSE') return `Port ${port} of ${host} is taken. Choose another with ${portFrom}.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `--host must be an address of this machine; ${host} is none.`;
  if (code === 'EACCES') return `This user may not listen on port ${port}. Choose one from 1024 on with ${portFrom}.`;
  return `The node cannot listen on port ${port} of ${host}: ${message}.`;
}

/** Where a node is that listens there. */
export function urlOf({ host, port, tls }: Place): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
