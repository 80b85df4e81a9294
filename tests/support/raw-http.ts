// Bytes to a port, and what comes back: for what no HTTP client would send.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection to the port on this machine, and what it gets. */
export async function rawConnection(
  port: number,
): Promise<{ socket: Socket; received: () => string; closed: Promise<unknown> }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('end', () => socket.end());
  const closed = once(socket, 'close');
  // `close` follows.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return { socket, received: () => text, closed };
}

/** Sends, and takes in all that comes until the server closes the connection. @param text its characters are bytes */
export async function sendRaw(port: number, text: string): Promise<string> {
  const { socket, received, closed } = await rawConnection(port);
  socket.write(text, 'latin1');
  await closed;
  return received();
}

/** Sends a byte, waits, sends the next, until the server closes the connection. @returns what came back */
export async function drip(port: number, text: string, everyMs: number): Promise<string> {
  const { socket, received, closed } = await rawConnection(port);
  let isClosed = false;
  closed.finally(() => (isClosed = true));
  for (let i = 0; !isClosed && received() === ''; i++) {
    socket.write(text[i % text.length] as string, 'latin1');
    await sleep(everyMs);
  }
  await closed;
  return received();
}

/** The answers that came, in order. @throws Error when it is no HTTP */
export function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ''; ) {
    const [head = '', ...others] = rest.split('\r\n\r\n');
    const [first = '', ...lines] = head.split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (Number.isNaN(status)) throw new Error(`This is no answer: ${rest.slice(0, 200)}`);
    const headers = Object.fromEntries(lines.map((line) => line.split(': ', 2) as [string, string]));
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const content = others.join('\r\n\r\n');
    const length = Number(named['content-length'] ?? 0);
    answers.push({ status, headers: named, body: content.slice(0, length) });
    rest = content.slice(length);
  }
  return answers;
}
