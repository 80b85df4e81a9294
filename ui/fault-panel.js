// “Break it on purpose”: a switch per node and kind of fault. What is on is what the node said last.
(() => {
  const { tandem } = window;
  const { byId, el, setText, count, faultList, operations } = tandem;
  const card = byId('faults');
  const form = byId('fault');
  const problem = byId('fault-problem');

  /** @param onAnswer called after each exchange */
  tandem.faultPanel = (onAnswer) => {
    const groups = Object.fromEntries(Object.keys(tandem.nodes).map((role) => [role, group(role, toggle)]));
    card.querySelector('.fault-nodes').append(groups.primary.element, groups.replica.element);
    /** The nodes that have ever shown their faults: one that does not answer at the moment may still have some. */
    const clearable = new Set();
    let isBusy = false;

    byId('clear-faults').addEventListener('click', () =>
      act(() => Promise.all([...clearable].map((role) => exchange(operations.clearFaults(role))))),
    );

    function toggle(role, kind, isOn) {
      if (!isOn && !form.reportValidity()) return;
      act(async () => {
        const found = await tandem.send(operations.faults(role));
        if (found.response?.status !== 200) return tell(found);
        const { faults } = JSON.parse(found.response.text);
        const list = isOn ? faultList.without(faults, kind) : faultList.with(faults, faultOf(kind));
        await exchange(operations.setFaults(role, list));
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
      show(nodes) {
        const shown = Object.entries(nodes).flatMap(([role, { faults }]) => (faults ? [{ role, ...faults }] : []));
        for (const { role } of shown) clearable.add(role);
        for (const [role, { faults }] of Object.entries(nodes)) groups[role].show(faults);
        card.hidden = shown.length === 0;
        const on = shown.flatMap(({ role, faults }) => faults.map(({ kind }) => `${kind} on the ${role}`));
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

  function group(role, toggle) {
    const rows = Object.entries(faultList.effects[role]).map(([kind, effect]) => row(role, kind, effect, toggle));
    const always = el('p', { class: 'hint' });
    const titleId = `${role}-faults`;
    const title = role === 'primary' ? 'Primary, in what it sends' : 'Replica, in what arrives';
    const element = el(
      'section',
      { 'aria-labelledby': titleId },
      el('h3', { id: titleId }, title),
      ...rows.map((each) => each.element),
      always,
    );
    return {
      element,
      show(answer) {
        element.hidden = !answer;
        if (!answer) return;
        for (const { show } of rows) show(answer.faults);
        // Only a replica looks at values.
        if (role === 'replica') always.replaceChildren(...answer.always.flatMap(builtIn));
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

  function row(role, kind, effect, toggle) {
    const describedBy = `${role}-${kind}`;
    const button = el(
      'button',
      {
        type: 'button',
        role: 'switch',
        'aria-checked': 'false',
        'aria-label': `${kind} on the ${role}`,
        'aria-describedby': describedBy,
        click: () => toggle(role, kind, button.getAttribute('aria-checked') === 'true'),
      },
      el('span', { class: 'code' }, kind),
    );
    const left = el('b');
    return {
      element: el('div', { class: 'fault' }, button, el('p', { id: describedBy, class: 'hint' }, effect, ' ', left)),
      show(faults) {
        const on = faults.filter((fault) => fault.kind === kind);
        button.setAttribute('aria-checked', String(on.length > 0));
        setText(left, on.map(faultList.describe).join('; '));
      },
    };
  }
})();
