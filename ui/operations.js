// What the console can ask of a node, as requests: { node, method, path, url, headers, body }. `path` is
// that of the API, behind the path of the node's own address.
(() => {
  const { tandem } = window;

  /** The value as JSON text: what parses as JSON goes as it stands, everything else as a string. */
  const valueText = (text) => (tandem.isJson(text) ? text.trim() : JSON.stringify(text));

  /** @param condition `{ifMatch}`, `{createOnly: true}`, or nothing */
  const conditionHeaders = ({ ifMatch, createOnly } = {}) => ({
    ...(ifMatch && { 'If-Match': ifMatch }),
    ...(createOnly && { 'If-None-Match': '*' }),
  });

  const request = (node, method, path, headers = {}, body = undefined) => ({
    node: node.role,
    method,
    path,
    url: node.url + path,
    headers,
    body,
  });

  tandem.operations = {
    put: (key, text, { ttl, ...condition } = {}) =>
      request(
        tandem.nodes.primary,
        'PUT',
        `/key/${encodeURIComponent(key)}`,
        { 'Content-Type': 'application/json', ...conditionHeaders(condition) },
        `{"value":${valueText(text)}${ttl ? `,"ttl":${ttl}` : ''}}`,
      ),
    delete: (key, { ifMatch } = {}) =>
      request(tandem.nodes.primary, 'DELETE', `/key/${encodeURIComponent(key)}`, conditionHeaders({ ifMatch })),
    get: (key, source) => request(tandem.nodes[source], 'GET', `/key/${encodeURIComponent(key)}`),
    status: (key, source) => request(tandem.nodes[source], 'GET', `/status/${encodeURIComponent(key)}`),
    repair: () => request(tandem.nodes.primary, 'POST', '/repair'),
    faults: (role) => request(tandem.nodes[role], 'GET', '/faults'),
    setFaults: (role, faults) =>
      request(tandem.nodes[role], 'PUT', '/faults', { 'Content-Type': 'application/json' }, JSON.stringify({ faults })),
    clearFaults: (role) => request(tandem.nodes[role], 'DELETE', '/faults'),
  };

  /** Why a key cannot be sent; empty if it can. */
  tandem.keyProblem = (key) => {
    if (key === '') return 'Name a key.';
    if (key === '.' || key === '..') return 'A key cannot be . or .. because addresses resolve them away.';
    if (!key.isWellFormed()) return 'The key holds half a character (an unpaired surrogate).';
    return '';
  };
})();
