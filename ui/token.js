// The token that both nodes get, and what they said to it. It is kept for this tab only, and never part of what the
// page shows.
(() => {
  const { tandem } = window;

  /** With the addresses in it, so that a link to this page with other addresses does not send the token there. */
  const NAME = `token for ${tandem.nodes.a.url} and ${tandem.nodes.b.url}`;

  let token = tandem.tab.get(NAME);
  let refusals = noRefusals();

  tandem.token = {
    get: () => token,

    /** @param text empty: none is sent from now on */
    set(text) {
      if (text === token) return;
      token = text;
      tandem.tab.set(NAME, token);
      refusals = noRefusals();
      tandem.token.onHeard();
    },

    /** For each node the status, 401 or 403, of what it last refused because of the token: { reading, writing }. */
    refusals: () => refusals,

    /** Called when it changes, and after each answer to it. */
    onHeard: () => {},

    /** `fetch` with the token, if there is one. It takes note of a refusal. @throws what `fetch` throws */
    async fetch(nodeId, url, { method = 'GET', headers, ...options } = {}) {
      const sent = token;
      const authorization = sent === '' ? {} : { Authorization: `Bearer ${sent}` };
      const secret = await tandem.consoleSecret.headerFor(tandem.nodes[nodeId]);
      const response = await fetch(url, {
        ...options,
        method,
        headers: { ...headers, ...authorization, ...secret },
        cache: 'no-store',
        redirect: 'error',
      }).catch((error) => {
        tandem.consoleSecret.forget();
        throw error;
      });
      if (sent === token) {
        refusals[nodeId][method === 'GET' ? 'reading' : 'writing'] = tandem.token.isRefusal(response)
          ? response.status
          : undefined;
        tandem.token.onHeard();
      }
      return response;
    },

    isRefusal: ({ status }) => status === 401 || status === 403,
  };

  function noRefusals() {
    return { a: {}, b: {} };
  }
})();
