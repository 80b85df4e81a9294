// What a handler answers with.

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
}

/** An answer with a JSON body. */
export function json(status: number, content: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body: JSON.stringify(content), ...(headers && { headers }) };
}

/** Milliseconds since 1970 as the API writes times. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
