// An exchange with a node: a request, and what came of it.
import type { ConsoleNode } from './addresses.ts';
import type { Operation } from './operations.ts';

/** It names both nodes as they were when it was sent. */
export interface SentRequest extends Operation {
  readonly node: ConsoleNode;
  readonly url: string;
  readonly nodeName: string;
  readonly otherName: string;
  readonly nodeLabel: string;
  readonly hasToken: boolean;
  readonly hasSecret: boolean;
}

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

export interface Exchange {
  /** Counts the requests of this page. */
  readonly number: number;
  readonly request: SentRequest;
  /** Milliseconds, by the clock of this page. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly response?: Answer;
  /** Why there is no answer, as a sentence. */
  readonly error?: string;
}

export type Tone = 'good' | 'waiting' | 'bad';

/** Of an HTTP status. 202 is a write that waits for its copy. */
export const toneOf = ({ status }: Pick<Answer, 'status'>): Tone =>
  status >= 400 ? 'bad' : status === 202 ? 'waiting' : 'good';

export const statusLine = ({ status, statusText }: Pick<Answer, 'status' | 'statusText'>): string =>
  `${status} ${statusText}`.trim();

/** The body as JSON; an empty object if it is none. */
export function bodyOf({ text }: Pick<Answer, 'text'>): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
