// One request and its answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type ErrorCode, TandemError } from '../../lib/errors.ts';
import { problemAnswer } from '../../lib/http/problem.ts';
import { type FlatHeaders, sendResult } from './answer.ts';
import { nextRequestId } from './request-id.ts';
import type { Place, UnderWay } from './under-way.ts';

/** Is told what becomes of requests. */
export interface Watch {
  /** A function has answered, or has failed to. @param ms from the arrival of the headers to the answer */
  answered(routeKey: string, status: number, ms: number): void;
  /** A request reached no function. */
  refused(code: ErrorCode): void;
  /** A function failed. The error is for the log, and for no client. */
  failed(error: unknown, requestId: string): void;
}

/** What a gateway shares with its exchanges. */
export interface Shared {
  readonly watch: Watch | undefined;
  /** Each answer is now the last of its connection. */
  isStopping: boolean;
}

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId = nextRequestId();
  /** Once it is known. */
  routeKey: string | undefined;
  /** Header fields of each answer. */
  more: FlatHeaders = [];
  /** When it is given up, in milliseconds of `performance.now()`. */
  until = 0;
  readonly #shared: Shared;
  readonly #startedAt = performance.now();
  #underWay: UnderWay | undefined;
  #place: Place | undefined;
  #limitMs = 0;

  constructor(request: IncomingMessage, response: ServerResponse, shared: Shared) {
    this.request = request;
    this.response = response;
    this.#shared = shared;
  }

  /** From now on its function has `limitMs` to answer, and then its client to take the answer. */
  begin(underWay: UnderWay, limitMs: number): void {
    this.#underWay = underWay;
    this.#limitMs = limitMs;
    this.until = performance.now() + limitMs;
    this.#place = underWay.add(this);
  }

  /** Does nothing where it was answered before. @param more header fields besides those of every answer */
  answer(result: APIGatewayProxyStructuredResultV2, more: FlatHeaders = []): void {
    if (this.#place) this.#underWay?.delete(this.#place);
    const { response } = this;
    if (response.headersSent) return;
    if (this.routeKey !== undefined)
      this.#shared.watch?.answered(this.routeKey, result.statusCode ?? 200, performance.now() - this.#startedAt);
    if (response.destroyed) return;
    if (this.#shared.isStopping) response.shouldKeepAlive = false;
    sendResult(response, result, more.length > 0 ? [...this.more, ...more] : this.more);
    if (this.#limitMs > 0 && (response.socket?.writableLength ?? 0) > 0) this.#cutOff();
  }

  fail(error: unknown): void {
    if (this.response.headersSent) return;
    if (!(error instanceof TandemError)) this.#shared.watch?.failed(error, this.requestId);
    else if (this.#underWay === undefined) this.#shared.watch?.refused(error.code);
    const { status, headers, body = '' } = problemAnswer(error, this.requestId);
    this.answer({ statusCode: status, headers: { ...headers, 'x-content-type-options': 'nosniff' }, body });
  }

  /** A client that does not take its answer holds the memory that it is in. */
  #cutOff(): void {
    const { response } = this;
    const timer = setTimeout(() => response.destroy(), this.#limitMs);
    response.once('close', () => clearTimeout(timer));
  }
}
