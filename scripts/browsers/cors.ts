// Answers browsers as API Gateway does by `cors` of serverless.yml: preflights by itself, and with the headers by which a page
// may read an answer.
import type { Server } from 'node:http';
import { intercept } from './intercept.ts';
import { isPreflight } from './refusal.ts';

/** As serverless.yml has it. */
export interface Cors {
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedResponseHeaders: readonly string[];
  /** How long a browser may keep the answer to a preflight, in seconds. */
  readonly maxAge: number;
}

/** Any origin that gets this far may read: `refuseStrangers` comes before. */
export function answerBrowsers(server: Server, cors: Cors): void {
  intercept(server, (request, response) => {
    const { origin } = request.headers;
    response.setHeader('vary', 'origin');
    if (origin === undefined) return false;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', cors.exposedResponseHeaders.join());
    response.setHeader('vary', 'origin');
    if (!isPreflight(request)) return false;
    response.writeHead(204, {
      'access-control-allow-methods': cors.allowedMethods.join(),
      'access-control-allow-headers': cors.allowedHeaders.join(),
      'access-control-max-age': `${cors.maxAge}`,
    });
    response.end();
    return true;
  });
}
