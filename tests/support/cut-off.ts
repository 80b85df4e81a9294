// Cuts a node off from the other one: over HTTP it answers nobody, while the test can still call it directly.
import type { RequestListener, Server } from 'node:http';

/** From now on every connection to it breaks off. @returns has it answer again */
export function cutOff(...servers: readonly Server[]): () => void {
  const cut = servers.map((server) => {
    const listeners = server.listeners('request') as RequestListener[];
    server.removeAllListeners('request');
    server.on('request', ({ socket }) => socket.destroy());
    return { server, listeners };
  });
  return () => {
    for (const { server, listeners } of cut) {
      server.removeAllListeners('request');
      for (const listener of listeners) server.on('request', listener);
    }
  };
}
