// The request form: checks it, sends what was asked for, tells the outcome.
(() => {
  const { tandem } = window;
  const { byId, el, operations } = tandem;
  const form = byId('request');
  const { key: keyField, value: valueField, ttl, etag, condition, source } = form.elements;
  const result = byId('result');

  const TAG = /^\s*(\*|"[!#-~]*")\s*$/;

  /** A key taken from a table, as it is: the field itself cannot hold line breaks. */
  let chosenKey;
  /** What the last answer about a key said its ETag was. */
  let lastTag = '';

  const currentKey = () => chosenKey ?? keyField.value;
  const options = () => ({
    ttl: ttl.value,
    ifMatch: condition.value === 'match' ? etag.value : undefined,
    createOnly: condition.value === 'create',
  });

  const ACTIONS = {
    put: () => tandem.sendToLeader(operations.put(currentKey(), valueField.value, options())),
    delete: () => tandem.sendToLeader(operations.delete(currentKey(), options())),
    get: () => read(operations.get(currentKey())),
    status: () => read(operations.status(currentKey())),
  };

  /** From the leader, or from the other node. */
  const read = async (operation) => [await tandem.send(operation(tandem.pair[source.value]))];

  /** @param onAnswer called after each exchange */
  tandem.requestForm = (onAnswer) => {
    /** @param actions each gives its exchanges, the last of which tells the outcome */
    async function run(...actions) {
      tandem.wireLog.fold();
      for (const action of actions) {
        const exchanges = await action();
        for (const exchange of exchanges) tell(exchange);
        onAnswer();
        if (exchanges.at(-1).error) break;
      }
    }

    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const action = event.submitter?.value ?? 'put';
      if (isReady(action)) run(ACTIONS[action]);
    });
    byId('fail').addEventListener('click', () => {
      choose('bad');
      run(
        () => tandem.sendToLeader(operations.put('bad', '__fail__')),
        async () => [await tandem.send(operations.status('bad')(tandem.pair.leader))],
      );
    });
    byId('repair').addEventListener('click', () => run(() => tandem.sendToLeader(operations.repair)));
    return { choose, showNames };
  };

  function tell(exchange) {
    const outcome = tandem.outcome(exchange);
    tandem.wireLog.add(exchange, exchange.request.method === 'POST' ? outcome.text : undefined);
    lastTag = tagOf(exchange) ?? lastTag;
    show(outcome);
  }

  /** What the nodes are called that are written to and read from. */
  function showNames() {
    const { pair } = tandem;
    tandem.setText(byId('written-to'), `on ${pair.nameOf(pair.leader)}`);
    for (const { value, nextElementSibling } of source)
      tandem.setText(nextElementSibling, pair.nameOf(pair[value]).replace('the ', ''));
  }

  function choose(key) {
    keyField.value = key;
    chosenKey = key;
    keyField.setCustomValidity('');
  }

  function isReady(action) {
    keyField.setCustomValidity(tandem.keyProblem(currentKey()));
    const isMissing = action === 'put' && valueField.value === '';
    valueField.setCustomValidity(isMissing ? 'Type a value. For the empty string, type "".' : '');
    const needsTag = condition.value === 'match' && (action === 'put' || action === 'delete');
    etag.setCustomValidity(
      needsTag && !TAG.test(etag.value) ? 'Paste the ETag of an answer, its quotes included.' : '',
    );
    if (!etag.checkValidity() || !ttl.checkValidity()) form.querySelector('.options').open = true;
    return form.reportValidity();
  }

  const tagOf = ({ response }) => response?.headers.find(([name]) => name === 'etag')?.[1];

  function show({ tone, label, text, code, value }) {
    result.replaceChildren(
      el(
        'p',
        {},
        el('span', { class: `badge ${tone}` }, label),
        ' ',
        text,
        ...(code ? [' ', el('code', {}, code)] : []),
      ),
      ...(value === undefined ? [] : [el('pre', {}, ...tandem.prettyJson(value))]),
    );
  }

  function showHint() {
    const text = valueField.value;
    const hint = tandem.isJson(text)
      ? 'Goes as JSON.'
      : text === ''
        ? 'Text, or JSON such as 42 or {"a":1}.'
        : 'Goes as a string: it is not JSON.';
    tandem.setText(byId('value-hint'), hint);
  }

  keyField.addEventListener('input', () => {
    chosenKey = undefined;
    keyField.setCustomValidity('');
  });
  valueField.addEventListener('input', () => {
    valueField.setCustomValidity('');
    showHint();
  });
  valueField.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener('change', ({ target }) => {
    if (target.value === 'match' && etag.value === '') etag.value = lastTag;
  });
  etag.addEventListener('input', () => {
    etag.setCustomValidity('');
    form.querySelector('[name=condition][value=match]').checked = true;
  });
  showHint();
})();
