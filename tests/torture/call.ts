// One HTTP request at a time, over a connection of the client's own.
import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body, parsed; `undefined` where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
  readonly body: any;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** There was no answer. */
export class NoAnswer extends Error {
  /** Whether the request cannot have arrived: nobody listened. */
  readonly wasRefused: boolean;

  constructor(code: string) {
    super(code);
    this.wasRefused = code === 'ECONNREFUSED';
  }
}

/** How long a client waits for an answer, in milliseconds. */
const LIMIT_MS = 5000;

export class Caller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @throws NoAnswer, and SyntaxError where the body is not JSON */
  async call(url: string, options: CallOptions = {}, limitMs = LIMIT_MS): Promise<Answer> {
    const { status, headers, text } = await this.#send(url, options, limitMs);
    return { status, headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  #send(url: string, { method = 'GET', headers = {}, body }: CallOptions, limitMs: number) {
    return new Promise<{ status: number; headers: Answer['headers']; text: string }>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(new NoAnswer(error.code ?? error.message));
      const sent = request(url, { method, agent: this.#agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.on('error', fail);
      });
      // The limit is one of the whole answer, whatever the connection does.
      const timer = setTimeout(() => sent.destroy(new Error('timed out')), limitMs);
      sent.on('error', fail);
      sent.on('close', () => clearTimeout(timer));
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
