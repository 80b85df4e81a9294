// Where the nodes are: ?primary=<url>&replica=<url>, else the ports of `npm start`. Both are named after the role in which
// they begin; which one they have is for them to say. The settings form is a plain GET form, so that using it puts both
// into the page's address. A URL may have a path, and slashes at its end. What was not typed into the form in this tab came with
// the link that opened the page, which anybody can have made.
(() => {
  const { tandem } = window;
  const query = new URLSearchParams(location.search);
  const TYPED = 'addresses that were typed';
  const typed = tandem.tab.get(TYPED).split(' ');

  tandem.nodes = {
    a: node('a', 'primary', 'http://localhost:5000'),
    b: node('b', 'replica', 'http://localhost:5001'),
  };

  function node(id, beginsAs, fallback) {
    const given = addressIn(query.get(beginsAs));
    const url = given ?? fallback;
    const isFromLink = given !== undefined && !typed.includes(given);
    return { id, name: id.toUpperCase(), beginsAs, url, isFromLink, isLocal: isOnThisMachine(new URL(url)) };
  }

  /**
   * How often to look at the nodes, and how long to wait for them, in milliseconds. A look at deployed nodes costs
   * money, and a function that has to be started takes its time.
   */
  tandem.pace = Object.values(tandem.nodes).every(({ isLocal }) => isLocal)
    ? { pauseMs: 1000, limitMs: 2000 }
    : { pauseMs: 3000, limitMs: 10_000 };

  const form = tandem.byId('settings');
  const { elements } = form;
  for (const { beginsAs, url } of Object.values(tandem.nodes)) elements[beginsAs].value = url;
  form.addEventListener('submit', () => {
    const fields = Object.values(tandem.nodes).map((each) => ({ ...each, text: elements[each.beginsAs].value }));
    // What stands there as the link had it was not typed.
    const own = fields.filter(({ isFromLink, url, text }) => !isFromLink || addressIn(text) !== url);
    tandem.tab.set(TYPED, own.map(({ text }) => addressIn(text)).join(' '));
  });

  /** Without a slash at its end. `undefined` if it is no http or https URL. */
  function addressIn(text) {
    if (text === null || !URL.canParse(text)) return undefined;
    const { protocol, origin, pathname } = new URL(text);
    return protocol === 'http:' || protocol === 'https:' ? (origin + pathname).replace(/\/+$/, '') : undefined;
  }

  function isOnThisMachine({ hostname }) {
    return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  }
})();
