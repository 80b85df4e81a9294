// One node of a drill, as its clients and its operator ask it.

/** An answer, its body read. */
export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const LIMIT_MS = 15_000;

export class DrillNode {
  readonly url: string;
  readonly #token: string | undefined;

  /** @param token WRITE_TOKEN of the node, where it has one */
  constructor(url: string, token?: string) {
    this.url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  /** @throws Error when there is no answer, or none of Tandem's */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      signal: AbortSignal.timeout(LIMIT_MS),
      headers: {
        ...(this.#token && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Reply['body'] };
  }

  status(): Promise<Reply> {
    return this.ask('GET', '/status');
  }

  promote(force: boolean): Promise<Reply> {
    return this.ask('POST', '/promote', force ? { force } : {});
  }
}
