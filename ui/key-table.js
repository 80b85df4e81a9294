// The table of one node's keys. Rows are kept from look to look, so that focus, scroll and selection stay.
(() => {
  const { tandem } = window;
  const { el, setText } = tandem;
  const FLASH_MS = 1200;

  /** @param onChoose called with the key whose button was used */
  tandem.keyTable = (caption, onChoose) => {
    const body = el('tbody');
    const headings = ['Key', 'Version', 'Status'].map((text) => el('th', { scope: 'col' }, text));
    const table = el(
      'table',
      {},
      el('caption', { class: 'hidden' }, caption),
      el('thead', {}, el('tr', {}, ...headings)),
      body,
    );
    const rows = new Map();
    let wasShown = false;

    function update(wanted) {
      const keep = new Set(wanted.map(({ key }) => key));
      for (const [key, row] of rows) {
        if (keep.has(key)) continue;
        if (row.element.contains(document.activeElement)) focusNeighbour(row.element);
        row.element.remove();
        rows.delete(key);
      }
      let next = body.firstElementChild;
      for (const entry of wanted) {
        let row = rows.get(entry.key);
        if (row) next = row.element.nextElementSibling;
        else {
          row = newRow(entry.key, onChoose);
          rows.set(entry.key, row);
          body.insertBefore(row.element, next);
        }
        if (show(row, entry) && wasShown) flash(row.element);
      }
    }

    return {
      element: table,
      show(wanted) {
        update(wanted);
        wasShown = true;
      },
    };
  };

  function newRow(key, onChoose) {
    const button = el(
      'button',
      { type: 'button', class: 'code key', dir: 'auto', title: key, click: () => onChoose(key) },
      key,
    );
    const version = el('td', { class: 'number' });
    const badge = el('span');
    return { element: el('tr', {}, el('th', { scope: 'row' }, button), version, el('td', {}, badge)), version, badge };
  }

  /** @returns whether anything changed */
  function show({ element, version, badge }, { epoch, version: number, label, kind }) {
    const stamp = `${epoch}-${number}`;
    const isOther = element.dataset.stamp !== stamp;
    element.dataset.stamp = stamp;
    element.className = kind === 'absent' ? 'absent' : '';
    badge.className = `badge ${kind}`;
    setText(version, number === undefined ? '–' : String(number));
    return setText(badge, label) || isOther;
  }

  function focusNeighbour(row) {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    neighbour?.querySelector('button').focus({ preventScroll: true });
  }

  function flash(element) {
    if (!tandem.motionAllowed()) return;
    element.animate([{ backgroundColor: 'var(--flash)' }, { backgroundColor: 'transparent' }], FLASH_MS);
  }
})();
