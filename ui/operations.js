// What the console can ask of a node: functions of the node that give a request { node, nodeName, otherName, nodeLabel,
// method, path, url, headers, body }. It names both nodes as they were when it was sent. `path` is that of the API, behind the path of the
// node's own address.
(() => {
  const { tandem } = window;

  /** The value as JSON text: what parses as JSON goes as it stands, everything else as a string. */
  const valueText = (text) => (tandem.isJson(text) ? text.trim() : JSON.stringify(text));

  /** @param condition `{ifMatch}`, `{createOnly: true}`, or nothing */
  const conditionHeaders = ({ ifMatch, createOnly } = {}) => ({
    ...(ifMatch && { 'If-Match': ifMatch }),
    ...(createOnly && { 'If-None-Match': '*' }),
  });

  const request = (method, path, headers, body) => (node) => ({
    node,
    nodeName: tandem.pair.nameOf(node),
    otherName: tandem.pair.nameOf(tandem.pair.otherThan(node)),
    nodeLabel: tandem.pair.labelOf(node),
    method,
    path,
    url: node.url + path,
    headers: headers ?? {},
    body,
  });

  const JSON_BODY = { 'Content-Type': 'application/json' };

  tandem.operations = {
    put: (key, text, { ttl, ...condition } = {}) =>
      request(
        'PUT',
        `/key/${encodeURIComponent(key)}`,
        { ...JSON_BODY, ...conditionHeaders(condition) },
        `{"value":${valueText(text)}${ttl ? `,"ttl":${ttl}` : ''}}`,
      ),
    delete: (key, { ifMatch } = {}) =>
      request('DELETE', `/key/${encodeURIComponent(key)}`, conditionHeaders({ ifMatch })),
    get: (key) => request('GET', `/key/${encodeURIComponent(key)}`),
    status: (key) => request('GET', `/status/${encodeURIComponent(key)}`),
    repair: request('POST', '/repair'),
    /** @param isForced without the primary */
    promote: (isForced) =>
      isForced ? request('POST', '/promote', JSON_BODY, '{"force":true}') : request('POST', '/promote'),
    acknowledge: request('DELETE', '/divergent'),
    faults: request('GET', '/faults'),
    setFaults: (faults) => request('PUT', '/faults', JSON_BODY, JSON.stringify({ faults })),
    clearFaults: request('DELETE', '/faults'),
  };

  /** Why a key cannot be sent; empty if it can. */
  tandem.keyProblem = (key) => {
    if (key === '') return 'Name a key.';
    if (key === '.' || key === '..') return 'A key cannot be . or .. because addresses resolve them away.';
    if (!key.isWellFormed()) return 'The key holds half a character (an unpaired surrogate).';
    return '';
  };
})();
