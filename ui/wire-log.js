// The log of exchanges, newest first: request and answer as they went over the wire, and the command that does the same.
(() => {
  const { tandem } = window;
  const { byId, el } = tandem;
  const LENGTH = 50;
  const COPIED_MS = 1500;
  const HIDDEN_TOKEN = ['Authorization', 'Bearer …'];
  const HIDDEN_SECRET = ['Tandem-Console', '…'];

  const list = byId('wire');
  const shells = byId('shell');
  if (navigator.userAgent.includes('Windows')) shells.querySelector('[value=powershell]').checked = true;
  shells.addEventListener('change', () => {
    for (const entry of list.children) entry.showCommand();
  });

  tandem.wireLog = {
    /** Folds what was there, so that the exchanges of one action stand out. What the user unfolded again stays. */
    fold() {
      for (const details of list.querySelectorAll('details[data-fresh]')) {
        details.open = false;
        delete details.dataset.fresh;
      }
    },
    /** @param note what it means, in a sentence, where that is not plain from the answer */
    add(exchange, note) {
      byId('wire-empty').hidden = true;
      list.prepend(entryOf(exchange, note));
      while (list.children.length > LENGTH) list.lastElementChild.remove();
    },
  };

  function entryOf(exchange, note) {
    const { request, response, startedAt, durationMs } = exchange;
    const tone = response ? tandem.toneOf(response) : 'bad';
    const label = response ? tandem.statusLine(response) : 'no answer';
    const { pathname, search, host } = new URL(request.url);
    const path = pathname + search;
    const command = el('code');
    const entry = el(
      'li',
      { class: 'card' },
      el(
        'details',
        { open: true, 'data-fresh': true },
        el(
          'summary',
          {},
          el('b', { class: 'code' }, request.method),
          el('span', { class: 'code path', title: path }, path),
          el('span', { class: 'node' }, request.nodeLabel),
          el('span', { class: `badge ${tone}` }, label),
          el('small', {}, `${startedAt.toLocaleTimeString()} · ${Math.round(durationMs)} ms`),
        ),
        ...(note === undefined ? [] : [el('p', { class: 'note' }, note)]),
        el('div', { class: 'command' }, el('pre', {}, command), copyButton(command)),
        el(
          'div',
          { class: 'messages' },
          message(
            'Request',
            `${request.method} ${path}`,
            [
              ['Host', host],
              ...(request.hasToken ? [HIDDEN_TOKEN] : []),
              ...(request.hasSecret ? [HIDDEN_SECRET] : []),
              ...Object.entries(request.headers),
            ],
            request.body,
          ),
          response
            ? message('Answer', tandem.statusLine(response), response.headers, response.text)
            : message('Answer', exchange.error, []),
        ),
      ),
    );
    entry.showCommand = () => {
      command.textContent = tandem.commandLine[shells.querySelector(':checked').value](request);
    };
    entry.showCommand();
    return entry;
  }

  function message(title, firstLine, headers, body) {
    const lines = headers.flatMap(([name, value]) => ['\n', el('span', { class: 'header' }, `${name}: `), value]);
    const payload = body ? ['\n\n', ...tandem.prettyJson(body)] : [];
    return el('section', {}, el('h3', {}, title), el('pre', {}, el('b', {}, firstLine), ...lines, ...payload));
  }

  function copyButton(command) {
    const button = el('button', { type: 'button', 'aria-label': 'Copy the command line' }, 'Copy');
    button.addEventListener('click', async () => {
      const isCopied = await copy(command.textContent);
      if (!isCopied) getSelection().selectAllChildren(command);
      button.textContent = isCopied ? 'Copied' : 'Selected';
      tandem.announce(isCopied ? 'Copied.' : 'Selected: copy it with your keyboard.');
      setTimeout(() => {
        button.textContent = 'Copy';
      }, COPIED_MS);
    });
    return button;
  }

  /** A page that is not on localhost or HTTPS has no clipboard. */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  }
})();
