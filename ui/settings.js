// Where the nodes are: ?primary=<url>&replica=<url>, else the ports of `npm start`. The settings form is a plain GET
// form, so that using it puts both into the page's address. A URL may have a path, and slashes at its end.
(() => {
  const { tandem } = window;
  const DEFAULTS = { primary: 'http://localhost:5000', replica: 'http://localhost:5001' };
  const query = new URLSearchParams(location.search);

  tandem.nodes = Object.fromEntries(
    Object.entries(DEFAULTS).map(([role, fallback]) => {
      const url = addressIn(query.get(role)) ?? fallback;
      return [role, { role, url, isLocal: isOnThisMachine(new URL(url)) }];
    }),
  );

  /**
   * How often to look at the nodes, and how long to wait for them, in milliseconds. A look at deployed nodes costs
   * money, and a function that has to be started takes its time.
   */
  tandem.pace = Object.values(tandem.nodes).every(({ isLocal }) => isLocal)
    ? { pauseMs: 1000, limitMs: 2000 }
    : { pauseMs: 3000, limitMs: 10_000 };

  const { elements } = tandem.byId('settings');
  for (const { role, url } of Object.values(tandem.nodes)) elements[role].value = url;

  /** Without a slash at its end. `undefined` if it is no http or https URL. */
  function addressIn(text) {
    if (text === null || !URL.canParse(text)) return undefined;
    const { protocol, origin, pathname } = new URL(text);
    return protocol === 'http:' || protocol === 'https:' ? (origin + pathname).replace(/\/+$/, '') : undefined;
  }

  function isOnThisMachine({ hostname }) {
    return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
  }
})();
