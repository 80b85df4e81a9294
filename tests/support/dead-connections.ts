// Connections of a server that died without their clients hearing of it, as while a process stands still: only when they are used
// again do they break.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  /** Those that are open now break at their next use. */
  sever(): void;
  /** Breaks the connection of a request that came over one that was severed. @returns whether it did */
  breaks(request: IncomingMessage): boolean;
}

export function connectionsOf(server: Server): Connections {
  const open = new Set<Socket>();
  const dead = new WeakSet<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    sever() {
      for (const socket of open) dead.add(socket);
    },
    breaks({ socket }) {
      if (dead.has(socket)) socket.resetAndDestroy();
      return dead.has(socket);
    },
  };
}
