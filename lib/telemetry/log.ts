// Structured log lines: one JSON object each, as CloudWatch reads them.

export interface Log {
  /** Logs what may be an attack or a mistake, or what an operator may want to know. */
  warn(message: string, fields?: Record<string, unknown>): void;
  /** Logs something that an operator should look at. `error` is logged with its stack; clients never see it. */
  error(message: string, fields?: Record<string, unknown>, error?: unknown): void;
}

export const consoleLog: Log = {
  warn(message, fields = {}) {
    console.warn(JSON.stringify({ level: 'warn', message, ...fields }));
  },
  error(message, fields = {}, error) {
    const cause =
      error instanceof Error
        ? { error: error.stack ?? error.message }
        : error === undefined
          ? {}
          : { error: String(error) };
    console.error(JSON.stringify({ level: 'error', message, ...fields, ...cause }));
  },
};
