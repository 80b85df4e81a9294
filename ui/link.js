// The diagram of the pair: primary, replica, and how the copying between them goes, in a picture and in words.
(() => {
  const { tandem } = window;
  const { el, svg, setText, count, age } = tandem;

  tandem.linkDiagram = (container) => {
    const ends = { primary: end('Primary', 'takes writes'), replica: end('Replica', 'holds a copy') };
    const record = svg('circle', { class: 'record', cx: '0%', cy: 12, r: 4 });
    const line = svg(
      'svg',
      { class: 'line', height: 24, 'aria-hidden': 'true' },
      svg('line', { x1: '0%', x2: '100%', y1: 12, y2: 12 }),
      svg('svg', { x: '100%', y: 12, overflow: 'visible' }, svg('path', { d: 'M-9 -6L-1 0L-9 6' })),
      svg(
        'svg',
        { x: '50%', y: 12, overflow: 'visible' },
        svg('g', { class: 'gap' }, svg('path', { d: 'M0 -9V9' }), svg('path', { d: 'M-5 -9V9M5 -9V9' })),
      ),
      record,
    );
    const title = el('strong');
    const text = el('span');
    container.append(ends.primary, line, ends.replica, el('p', {}, title, ' ', text));
    let shownContactAt;

    return {
      show(primary, replica, differing) {
        const link = stateOf(primary, replica, differing);
        container.dataset.state = link.state;
        ends.primary.dataset.state = primary.state;
        ends.replica.dataset.state = replica.state;
        setText(title, link.title);
        setText(text, link.text);
        const { lastContactAt } = primary.status?.replica ?? {};
        if (shownContactAt && lastContactAt !== shownContactAt && link.state === 'good') cross(record);
        shownContactAt = lastContactAt;
      },
    };
  };

  const end = (name, part) => el('div', { class: 'end' }, el('b', {}, name), el('small', {}, part));

  /** A dot that runs along the line: something was just copied. */
  function cross(record) {
    if (!tandem.motionAllowed()) return;
    record.animate(
      [
        { cx: '0%', opacity: 1 },
        { cx: '97%', opacity: 1, offset: 0.9 },
        { cx: '97%', opacity: 0 },
      ],
      {
        duration: 600,
        easing: 'ease-in-out',
      },
    );
  }

  function stateOf(primary, replica, differing) {
    if (primary.state === 'recovering') {
      return { state: 'behind', title: 'Recovering.', text: 'The primary is taking back what the replica holds.' };
    }
    if (primary.state === 'locked') {
      return { state: 'unknown', title: 'Unknown.', text: 'The primary tells only those who have a token.' };
    }
    if (primary.state !== 'up' && primary.state !== 'fenced') {
      return { state: 'unknown', title: 'Unknown.', text: 'The primary does not answer, so no writes are taken.' };
    }
    const { backlog, replica: link } = primary.status;
    const waiting = `${count(backlog.count, 'record')} in the backlog${backlog.count > 0 ? `, the oldest for ${age(backlog.oldestAgeMs)}` : ''}.`;
    if (primary.state === 'fenced') {
      return { state: 'failing', title: 'Fenced.', text: `The replica takes nothing from this primary. ${waiting}` };
    }
    if (primary.status.store !== 'dynamodb' && link.circuit === 'open') {
      return { state: 'open', title: 'Circuit open.', text: `Writes do not wait for the replica. ${waiting}` };
    }
    if (primary.status.store !== 'dynamodb' && link.circuit === 'half_open') {
      return { state: 'open', title: 'Circuit half open.', text: `The next write tries the replica again. ${waiting}` };
    }
    if (replica.state === 'refilling' && link.reachable === true) {
      return {
        state: 'behind',
        title: 'Refilling.',
        text: 'The primary is filling a replica that has started with nothing.',
      };
    }
    if (!['up', 'locked', 'refilling'].includes(replica.state)) {
      return { state: 'failing', title: 'Replica not reachable.', text: waiting };
    }
    const reason = link.error ?? 'the replica did not answer';
    if (link.reachable !== true) {
      return { state: 'failing', title: 'Failing.', text: `${reason}. ${waiting}` };
    }
    // On DynamoDB every function has a circuit of its own, and only a repair leaves behind how it went.
    if ((link.circuit ?? 'closed') !== 'closed') {
      return { state: 'failing', title: 'Failing at the last repair:', text: `${reason}. ${waiting}` };
    }
    if (replica.state === 'locked') {
      return {
        state: 'unknown',
        title: 'Not compared.',
        text: `The replica tells only those who have a token. ${waiting}`,
      };
    }
    if (backlog.count > 0) return { state: 'behind', title: 'Behind.', text: waiting };
    if (differing > 0) {
      const keys = differing === 1 ? '1 key differs' : `${count(differing, 'key')} differ`;
      return { state: 'behind', title: 'Not identical.', text: `The backlog is empty, and yet ${keys}.` };
    }
    return { state: 'good', title: 'Identical.', text: identicalText(primary.status) };
  }

  function identicalText({ inSync, inSyncSince }) {
    if (!inSync) return 'All that was looked at here is equal. A comparison of everything is due within a minute.';
    const since = inSyncSince ? ` In sync since ${new Date(inSyncSince).toLocaleTimeString()}.` : '';
    return `Every record of the primary is on the replica.${since}`;
  }
})();
