// Sends one request and keeps what went over the wire, both ways.
(() => {
  const { tandem } = window;
  /** Longer than the gateway's own limit of 30 s, so that its answer is seen. */
  const LIMIT_MS = 35_000;

  /** Never throws: no answer is an exchange with an `error`. Of the token it keeps only whether there was one. */
  tandem.send = async (request) => {
    const { node, method, url, headers, body } = request;
    const startedAt = new Date();
    const start = performance.now();
    const exchange = { request: { ...request, hasToken: tandem.token.get() !== '' }, startedAt };
    try {
      const signal = AbortSignal.timeout(LIMIT_MS);
      const response = await tandem.token.fetch(node, url, { method, headers, body, signal });
      const { status, statusText } = response;
      exchange.response = { status, statusText, headers: [...response.headers], text: await response.text() };
    } catch (error) {
      exchange.error = error.name === 'TimeoutError' ? `No answer within ${LIMIT_MS / 1000} s.` : 'No answer.';
    }
    return { ...exchange, durationMs: performance.now() - start };
  };
})();
