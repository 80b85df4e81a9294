// What an exchange means, in a sentence: { tone: 'good' | 'waiting' | 'bad', label, text, value? }.
(() => {
  const { tandem } = window;
  const { count } = tandem;

  tandem.outcome = ({ request, response, error }) => {
    if (error) {
      return {
        tone: 'bad',
        label: 'no answer',
        text: `${error} Is ${request.nodeName} running at ${request.node.url}?`,
      };
    }
    const label = tandem.statusLine(response);
    const body = parsed(response.text);
    if (response.status >= 400) return { tone: 'bad', label, ...problem(body) };
    return { tone: tandem.toneOf(response), label, ...success(request, response.text, body) };
  };

  /** Of an HTTP status. 202 is a write that waits for its copy. */
  tandem.toneOf = ({ status }) => (status >= 400 ? 'bad' : status === 202 ? 'waiting' : 'good');

  tandem.statusLine = ({ status, statusText }) => `${status} ${statusText}`.trim();

  function parsed(text) {
    return tandem.isJson(text) ? (JSON.parse(text) ?? {}) : {};
  }

  function problem({ detail, code }) {
    return { text: detail ?? 'The answer is not one of Tandem’s: is this the address of a node?', code };
  }

  function success(request, text, body) {
    const { node, nodeName, method, path } = request;
    if (path === '/faults') return { text: faultsOn(nodeName, body) };
    if (path === '/promote') return { text: promoted(node, body) };
    if (path === '/divergent') return { text: acknowledged(body) };
    if (method === 'POST') return { text: repaired(body) };
    if (method !== 'GET') return { text: written(request, body) };
    if (path.startsWith('/status/')) return keyStatus(nodeName, body);
    const expiry = body.expiresAt ? `, expires ${new Date(body.expiresAt).toLocaleString()}` : '';
    return { text: `${body.key} is at version ${body.version} on ${nodeName}${expiry}:`, value: tandem.valueIn(text) };
  }

  function written({ method, nodeName, otherName }, { key, version, status, error }) {
    const what = method === 'DELETE' ? `${key} is deleted, as version ${version}` : `${key} is at version ${version}`;
    if (status === 'replicated') return `${what}, on both nodes.`;
    return `${what} on ${nodeName} and not yet on ${otherName} (${status}): ${error}.`;
  }

  function keyStatus(nodeName, { key, status, version, deleted, lagMs, attempts = [], nextAttemptAt }) {
    const what = `${key}, version ${version}${deleted ? ' (deleted)' : ''}, is ${status}`;
    if (status === 'replicated') return { text: `${what}, ${lagMs} ms after it was written.` };
    if (status === 'replica') return { text: `${what}: a copy that ${nodeName} holds.` };
    const reason = attempts.at(-1)?.error;
    const next = nextAttemptAt ? ` Next attempt due at ${new Date(nextAttemptAt).toLocaleTimeString()}.` : '';
    const tries = `${count(attempts.length, 'attempt')}${reason ? `, the last: ${reason}` : ''}`;
    return { tone: 'waiting', text: `${what} after ${tries}.${next}` };
  }

  function faultsOn(nodeName, { faults = [] }) {
    const kinds = faults.length > 0 ? `: ${faults.map(({ kind }) => kind).join(', ')}` : '';
    return `${count(faults.length, 'fault')} on at ${nodeName}${kinds}.`;
  }

  function promoted({ name }, { mode, epoch, atRisk, durationMs }) {
    if (mode === 'none') return `Node ${name} leads already, in epoch ${epoch}.`;
    const leads = `node ${name} leads in epoch ${epoch}, after ${durationMs.toLocaleString('en')} ms`;
    return mode === 'switchover'
      ? `Switchover: ${leads}. No write is at risk.`
      : `Failover: ${leads}. ${atRiskText(atRisk)}`;
  }

  function atRiskText(atRisk) {
    if (atRisk === null) return 'How many writes only the former primary has is not known.';
    const owed = atRisk === 0 ? 'nothing' : count(atRisk, 'write');
    return `The former primary last said that it owed ${owed}; what it has taken since is not counted.`;
  }

  function acknowledged({ acknowledged: number, complete }) {
    return `${count(number, 'divergent write')} acknowledged.${complete ? '' : ' There are more.'}`;
  }

  function repaired({ shipped, failed, remaining, bytes, durationMs, stoppedBy, ...compared }) {
    const ended = stoppedBy ? ` It ended early: ${stoppedBy}.` : '';
    const cost = `${count(bytes, 'byte')}, ${durationMs.toLocaleString('en')} ms.`;
    return `Repair: ${count(shipped, 'record')} shipped, ${failed} failed, ${remaining} left in the backlog. ${reconciled(compared)}${cost}${ended}`;
  }

  function reconciled({ bucketsCompared, bucketsDiffering, pushed, pulled, dropped }) {
    if (bucketsCompared === 0) return '';
    if (bucketsDiffering === 0) return `All ${count(bucketsCompared, 'bucket')} of keys were equal. `;
    const differing = `${bucketsDiffering.toLocaleString('en')} of ${count(bucketsCompared, 'bucket')} of keys differed`;
    return `${differing}; reconciled besides the backlog: ${pushed} pushed to the replica, ${pulled} pulled from it, ${dropped} forgotten. `;
  }
})();
