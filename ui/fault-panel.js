// “Break it on purpose”: a switch per node and kind of fault. What is on is what the node said last.
(() => {
  const { tandem } = window;
  const { byId, el, setText, count, faultList, operations } = tandem;
  const card = byId('faults');
  const form = byId('fault');
  const problem = byId('fault-problem');

  /** @param onAnswer called after each exchange */
  tandem.faultPanel = (onAnswer) => {
    const nodes = Object.values(tandem.nodes);
    const groups = new Map(nodes.map((node) => [node, group(node, toggle)]));
    card.querySelector('.fault-nodes').append(...nodes.map((node) => groups.get(node).element));
    /** The nodes that have ever shown their faults: one that does not answer at the moment may still have some. */
    const clearable = new Set();
    let isBusy = false;

    byId('clear-faults').addEventListener('click', () =>
      act(() => Promise.all([...clearable].map((node) => exchange(operations.clearFaults(node))))),
    );

    function toggle(node, kind, isOn) {
      if (!isOn && !form.reportValidity()) return;
      act(async () => {
        const found = await tandem.send(operations.faults(node));
        if (found.response?.status !== 200) return tell(found);
        const { faults } = JSON.parse(found.response.text);
        const list = isOn ? faultList.without(faults, kind) : faultList.with(faults, faultOf(kind));
        await exchange(operations.setFaults(list)(node));
      });
    }

    /** One at a time, because each sets the whole list. */
    async function act(action) {
      if (isBusy) return;
      isBusy = true;
      tandem.wireLog.fold();
      problem.hidden = true;
      await action();
      isBusy = false;
      onAnswer();
    }

    return {
      /** @param seen what was seen of each node */
      show(seen) {
        const shown = nodes.filter(({ id }) => seen[id].faults);
        for (const node of shown) clearable.add(node);
        for (const node of nodes) groups.get(node).show(seen[node.id].faults);
        card.hidden = shown.length === 0;
        const on = shown.flatMap((node) => seen[node.id].faults.faults.map(({ kind }) => nameOfFault(kind, node)));
        const [badge, list] = card.querySelectorAll('summary > span');
        badge.hidden = on.length === 0;
        setText(badge, `${count(on.length, 'fault')} on`);
        setText(list, on.length > 0 ? on.join(', ') : 'Lose, delay, refuse or repeat what goes between the two.');
      },
    };
  };

  async function exchange(request) {
    const done = await tandem.send(request);
    tandem.wireLog.add(done, tell(done));
  }

  /** @returns what it said */
  function tell(done) {
    const { tone, text } = tandem.outcome(done);
    if (tone === 'bad') {
      problem.hidden = false;
      setText(problem, text);
    } else tandem.announce(text);
    return text;
  }

  /** What the form says. */
  function faultOf(kind) {
    const { keyPrefix, probability, count: times, delayMs, ttl } = form.elements;
    return {
      kind,
      keyPrefix: keyPrefix.value,
      probability: probability.valueAsNumber,
      count: times.value === '' ? null : times.valueAsNumber,
      delayMs: kind === 'delay' ? delayMs.valueAsNumber : 0,
      ttl: ttl.valueAsNumber,
    };
  }

  const nameOfFault = (kind, node) => `${kind} on ${tandem.pair.nameOf(node)}`;

  const TITLES = { primary: '(primary), in what it sends', replica: '(replica), in what arrives' };

  function group(node, toggle) {
    const rows = faultList.kinds.map((kind) => row(node, kind, toggle));
    const always = el('p', { class: 'hint' });
    const titleId = `${node.id}-faults`;
    const title = el('h3', { id: titleId });
    const element = el('section', { 'aria-labelledby': titleId }, title, ...rows.map((each) => each.element), always);
    return {
      element,
      show(answer) {
        element.hidden = !answer;
        if (!answer) return;
        setText(title, `Node ${node.name} ${TITLES[tandem.pair.roleOf(node)]}`);
        for (const { show } of rows) show(answer.faults);
        // Only a replica looks at values.
        always.replaceChildren(...answer.always.flatMap(builtIn));
      },
    };
  }

  const builtIn = ({ kind, value }) => [
    'Always on: ',
    el('code', {}, kind),
    ' for the value ',
    el('code', {}, JSON.stringify(value)),
    '.',
  ];

  function row(node, kind, toggle) {
    const describedBy = `${node.id}-${kind}`;
    const button = el(
      'button',
      {
        type: 'button',
        role: 'switch',
        'aria-checked': 'false',
        'aria-describedby': describedBy,
        click: () => toggle(node, kind, button.getAttribute('aria-checked') === 'true'),
      },
      el('span', { class: 'code' }, kind),
    );
    const effect = el('span');
    const left = el('b');
    return {
      element: el('div', { class: 'fault' }, button, el('p', { id: describedBy, class: 'hint' }, effect, ' ', left)),
      show(faults) {
        const on = faults.filter((fault) => fault.kind === kind);
        button.setAttribute('aria-checked', String(on.length > 0));
        button.setAttribute('aria-label', nameOfFault(kind, node));
        setText(effect, faultList.effects[tandem.pair.roleOf(node)][kind]);
        setText(left, on.map(faultList.describe).join('; '));
      },
    };
  }
})();
