// Where the nodes are: ?primary=<url>&replica=<url>, else the ports of `npm start`. The settings form is a plain GET
// form, so that using it puts both into the page's address.
(() => {
  const { tandem } = window;
  const DEFAULTS = { primary: 'http://localhost:5000', replica: 'http://localhost:5001' };
  const query = new URLSearchParams(location.search);

  tandem.nodes = Object.fromEntries(
    Object.entries(DEFAULTS).map(([role, fallback]) => {
      const given = query.get(role);
      const url = given && URL.canParse(given) ? given : fallback;
      return [role, { role, url: url.replace(/\/+$/, '') }];
    }),
  );

  const { elements } = tandem.byId('settings');
  for (const { role, url } of Object.values(tandem.nodes)) elements[role].value = url;
})();
