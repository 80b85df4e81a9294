// Serves some files of a folder over HTTP, read anew for each request. Whatever is wrong with a request or a file is
// answered, and never thrown: the process that serves the console runs both nodes.
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/**
 * The page runs only its own scripts, loads nothing from elsewhere, and asks the nodes, wherever they are; no other page can put
 * it into a frame, which only a header can say. The rest stands in ui/index.html, too, for the page that is opened as a file.
 */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src http: https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Smaller files are sent as they are, in bytes: they fit into one packet. */
const LEAST_BYTES = 1024;

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** By its path, the file that is there. What is not named is served to nobody. */
export type Files = Readonly<Record<string, string>>;

/** @param policy of the pages among them. Answers are whole: `Range` is ignored */
export function serveFiles(files: Files, policy = POLICY): RequestListener {
  return async (request, response) => {
    const answer = await answerTo(request, files).catch((error): Answer => {
      console.error(`The console cannot answer ${JSON.stringify(request.url)}:`, error);
      return { status: 500, body: 'Internal Server Error' };
    });
    send(response, answer, policy);
  };
}

async function answerTo({ method, url = '/', headers }: IncomingMessage, files: Files): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, body: 'Method Not Allowed', headers: { Allow: 'GET, HEAD' } };
  const path = url.replace(/[?#].*/s, '');
  // Looked up, not joined to a folder: so no path leads out of it, however it is written.
  const file = Object.hasOwn(files, path) ? files[path] : undefined;
  if (file === undefined) return { status: 404, body: 'Not Found' };
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  const body = await readFile(file);
  const named = { 'Content-Type': type, Vary: 'Accept-Encoding' };
  if (body.length < LEAST_BYTES || !takesGzip(headers)) return { status: 200, body, headers: named };
  return { status: 200, body: await promisify(gzip)(body), headers: { ...named, 'Content-Encoding': 'gzip' } };
}

/** A client that names gzip takes it, unless it gives it the weight 0. */
const takesGzip = ({ 'accept-encoding': accepted = '' }: IncomingHttpHeaders): boolean =>
  accepted.split(',').some((each) => {
    const [, name, weight = '1'] = each.match(/^\s*(gzip)\s*(?:;\s*q=([\d.]+)\s*)?$/i) ?? [];
    return name !== undefined && Number(weight) > 0;
  });

function send(response: ServerResponse, { status, body, headers }: Answer, policy: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
