// One request to one node, and its whole answer.
import { whenAborted } from './when-aborted.ts';

export interface NodeRequest {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** With the query. It begins with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed. `undefined`: there is none, or it is no JSON. */
  readonly body: unknown;
}

/** A node gave no whole answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** Whether the request may have reached the node. */
  readonly wasSent: boolean;

  constructor(message: string, wasSent: boolean, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.wasSent = wasSent;
  }
}

export interface Transport {
  readonly fetch: typeof fetch;
  readonly token: string | undefined;
  readonly parse: (text: string) => unknown;
}

/** Errors of a connection that was never made. A browser does not tell them. */
const NOT_CONNECTED = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/**
 * @param timeoutMs until the whole answer is there
 * @throws NoAnswer; the reason of `signal` once that is aborted
 */
export async function ask(
  url: string,
  request: NodeRequest,
  transport: Transport,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const limit = new AbortController();
  const timer = setTimeout(giveUp, timeoutMs, limit, timeoutMs);
  const stopListening = signal && whenAborted(signal, (reason) => limit.abort(reason));
  try {
    const response = await transport.fetch(url + request.path, initOf(request, transport.token, limit.signal));
    return {
      status: response.status,
      headers: response.headers,
      body: parsed(await response.text(), transport.parse),
    };
  } catch (error) {
    if (limit.signal.aborted) throw limit.signal.reason;
    const reason = reasonOf(error);
    throw new NoAnswer(reason.message, !NOT_CONNECTED.includes(reason.code ?? ''), error);
  } finally {
    clearTimeout(timer);
    stopListening?.();
  }
}

function giveUp(limit: AbortController, timeoutMs: number): void {
  limit.abort(new NoAnswer(`no answer within ${Math.round(timeoutMs)} ms`, true));
}

/** What `fetch` is told. Most requests are reads without a header: they are told no more than they must. */
function initOf({ method, headers, body }: NodeRequest, token: string | undefined, signal: AbortSignal): RequestInit {
  // A token must not follow to wherever an answer points.
  const init: RequestInit = { method, signal, redirect: 'manual' };
  if (body !== undefined) init.body = body;
  if (body === undefined && token === undefined && headers === undefined) return init;
  init.headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...headers,
  };
  return init;
}

function parsed(text: string, parse: Transport['parse']): unknown {
  if (text === '') return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

interface Reason {
  readonly message: string;
  readonly code?: string;
}

/** Node says `fetch failed`, and why in the cause: in several, where a name has several addresses. */
function reasonOf(error: unknown): Reason {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors[0] as Reason;
  return (cause instanceof Error ? cause : error) as Reason;
}
