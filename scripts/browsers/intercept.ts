// Puts something in front of a server that is there already: of a library, for instance.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Of these a server emits one for each request: the second for one that waits for 100 Continue, if somebody listens. Who listened for
 * `upgrade` or `connect` as well would get those past this.
 */
const EVENTS = ['request', 'checkContinue'];

/** @param answer says whether it has answered a request; those that it has not go on to the server. What is put in front last is asked first */
export function intercept(
  server: Server,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean,
): void {
  for (const event of EVENTS) {
    const listeners = server.listeners(event) as Listener[];
    if (listeners.length === 0) continue;
    server.removeAllListeners(event);
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      if (answer(request, response)) return;
      for (const listener of listeners) listener.call(server, request, response);
    });
  }
}
