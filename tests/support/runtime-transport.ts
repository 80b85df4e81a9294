// In place of the native part of AWS's runtime interface client (libcurl): the requests to Lambda's runtime API, one at a time
// in the order in which they are made. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

const INVOCATION = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Waits for the next event. */
export function next(): Promise<{ bodyJson: string; headers: IncomingHttpHeaders }> {
  return send('GET', '/next', '');
}

/** The answer to an event. */
export function done(id: string, body: string): void {
  void send('POST', `/${id}/response`, body);
}

/** The handler has thrown. */
export function error(id: string, body: string): void {
  void send('POST', `/${id}/error`, body);
}

function send(method: string, path: string, body: string) {
  return new Promise<{ bodyJson: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(`${INVOCATION}${path}`, { method, agent, headers }, (answer) => {
      text(answer).then((bodyJson) => resolve({ bodyJson, headers: answer.headers }), reject);
    });
    sent.on('error', reject).end(body);
  });
}
