// The pages of the console's server: the console, and at /docs the API, shown by Swagger UI over what a node says of itself.
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { ROOT } from './root.ts';
import { POLICY, serveFiles } from './static-files.ts';

const UI = join(ROOT, 'ui');
const API = join(UI, 'docs');
const VIEWER = join(ROOT, 'node_modules/swagger-ui-dist');

/** Swagger UI sets styles of its elements. */
const API_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");

export function consolePages(): RequestListener {
  const page = serveFiles({
    '/': join(UI, 'index.html'),
    '/index.html': join(UI, 'index.html'),
    '/built/console.js': join(UI, 'built/console.js'),
    '/built/styles.css': join(UI, 'built/styles.css'),
  });
  const api = serveFiles(
    {
      '/docs': join(API, 'index.html'),
      '/docs/start.js': join(API, 'start.js'),
      '/docs/viewer.js': join(VIEWER, 'swagger-ui-bundle.js'),
      '/docs/viewer.css': join(VIEWER, 'swagger-ui.css'),
    },
    API_POLICY,
  );
  return (request, response) => (/^\/docs([/?#]|$)/.test(request.url ?? '') ? api : page)(request, response);
}
