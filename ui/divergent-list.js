// The divergent writes: the first of those that the node that leads lists, and the button that acknowledges all.
(() => {
  const { tandem } = window;
  const { byId, el, setText, count } = tandem;
  /** Characters of a value that are shown. */
  const MAX_SHOWN = 80;

  const card = byId('divergent');
  const badge = card.querySelector('.badge');
  const problem = byId('divergent-problem');
  const body = card.querySelector('tbody');
  const more = card.querySelector('.more-writes');

  /**
   * @param onChoose called with the key whose button was used
   * @param onAnswer called after each exchange
   * @returns `show`, called with what was seen of the node that leads
   */
  tandem.divergentList = (onChoose, onAnswer) => {
    let shown;
    let isBusy = false;

    byId('acknowledge').addEventListener('click', async () => {
      if (isBusy) return;
      isBusy = true;
      problem.hidden = true;
      tandem.wireLog.fold();
      for (const exchange of await tandem.sendToLeader(tandem.operations.acknowledge)) tell(exchange);
      isBusy = false;
      onAnswer();
    });

    return {
      show({ status, writes }) {
        const total = (writes && status?.divergent) || 0;
        if (total === 0 && card.contains(document.activeElement)) byId('key').focus({ preventScroll: true });
        card.hidden = total === 0;
        if (total === 0) problem.hidden = true;
        if (total === 0) return;
        // Rows stay while the list does, so that the focus does, too.
        if (shown !== writes)
          body.replaceChildren(...tandem.elementsIn(writes, 'writes').map((text) => row(text, onChoose)));
        shown = writes;
        const others = total - body.children.length;
        setText(badge, total.toLocaleString('en'));
        more.hidden = others <= 0;
        setText(more, `and ${count(others, 'other')}`);
      },
    };
  };

  function tell(exchange) {
    const { tone, text } = tandem.outcome(exchange);
    tandem.wireLog.add(exchange, text);
    problem.hidden = tone !== 'bad';
    if (tone === 'bad') setText(problem, text);
    else tandem.announce(text);
  }

  /** @param text JSON: a value is shown as it was written, whatever its numbers */
  function row(text, onChoose) {
    const { key, version, epoch, deleted } = JSON.parse(text);
    return el(
      'tr',
      {},
      el(
        'th',
        { scope: 'row' },
        el('button', { type: 'button', class: 'code key', dir: 'auto', title: key, click: () => onChoose(key) }, key),
      ),
      value(deleted ? undefined : tandem.valueIn(text), deleted),
      el('td', { class: 'number' }, String(version)),
      el('td', { class: 'number' }, String(epoch)),
    );
  }

  function value(text, isDeletion) {
    if (text === undefined) return el('td', { class: 'hint' }, isDeletion ? 'deleted' : 'not kept');
    const start = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
    return el('td', { class: 'code', dir: 'auto', title: start }, start);
  }
})();
