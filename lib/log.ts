// Structured log lines: one JSON object each, as CloudWatch reads them.

export interface Log {
  /** Something an operator should look at. `error` is logged with its stack; clients never see it. */
  error(message: string, fields?: Record<string, unknown>, error?: unknown): void;
}

export const consoleLog: Log = {
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
