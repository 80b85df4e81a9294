// Sends one request and keeps what went over the wire, both ways.
(() => {
  const { tandem } = window;
  /** Longer than the gateway's own limit of 30 s, so that its answer is seen. */
  const LIMIT_MS = 35_000;

  /**
   * Never throws: no answer is an exchange with an `error`. Of the token, and of the secret of the console, it keeps only whether
   * there was one.
   */
  tandem.send = async (request) => {
    const { node, method, url, headers, body } = request;
    const startedAt = new Date();
    const start = performance.now();
    const hasToken = tandem.token.get() !== '';
    const hasSecret = tandem.consoleSecret.isShownTo(node);
    const exchange = { request: { ...request, hasToken, hasSecret }, startedAt };
    try {
      const signal = AbortSignal.timeout(LIMIT_MS);
      const response = await tandem.token.fetch(node.id, url, { method, headers, body, signal });
      const { status, statusText } = response;
      exchange.response = { status, statusText, headers: [...response.headers], text: await response.text() };
    } catch (error) {
      exchange.error = error.name === 'TimeoutError' ? `No answer within ${LIMIT_MS / 1000} s.` : 'No answer.';
    }
    return { ...exchange, durationMs: performance.now() - start };
  };

  /**
   * Sends what only the node that leads takes; and if that says that it does not lead, to the other one.
   * @param operation gives the request to a node
   * @returns one exchange or two, the last of which tells the outcome
   */
  tandem.sendToLeader = async (operation) => {
    const { pair } = tandem;
    const { leader } = pair;
    const first = await tandem.send(operation(leader));
    if (first.response?.status !== 421) return [first];
    pair.refused(leader);
    return [first, await tandem.send(operation(pair.leader))];
  };
})();
