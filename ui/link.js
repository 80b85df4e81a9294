// The diagram of the pair: both nodes, which of them leads, and how the copying between them goes, in a picture and in words.
(() => {
  const { tandem } = window;
  const { el, svg, setText, count, age } = tandem;

  tandem.linkDiagram = (container) => {
    const { pair } = tandem;
    const ends = { a: end(), b: end() };
    const record = svg('circle', { class: 'record', cx: '0%', cy: 12, r: 4 });
    const line = svg(
      'svg',
      { class: 'line', height: 24, 'aria-hidden': 'true' },
      svg('line', { x1: '0%', x2: '100%', y1: 12, y2: 12 }),
      svg('svg', { class: 'arrow', x: '100%', y: 12, overflow: 'visible' }, svg('path', { d: 'M-9 -6L-1 0L-9 6' })),
      svg(
        'svg',
        { x: '50%', y: 12, overflow: 'visible' },
        svg('g', { class: 'gap' }, svg('path', { d: 'M0 -9V9' }), svg('path', { d: 'M-5 -9V9M5 -9V9' })),
      ),
      record,
    );
    const title = el('strong');
    const text = el('span');
    container.append(ends.a.element, line, ends.b.element, el('p', {}, title, ' ', text));
    let shownContactAt;
    let shownLeader;

    return {
      /**
       * @param primary what was seen of the node that leads
       * @param replica what was seen of the other one
       */
      show(primary, replica, differing) {
        const { leader, follower, lead } = pair;
        const link = lead === 'one' ? stateOf(primary, replica, differing) : unclear(lead, leader, differing);
        container.dataset.state = link.state;
        container.dataset.lead = lead === 'one' ? leader.id : lead;
        ends[leader.id].show(leader, primary);
        ends[follower.id].show(follower, replica);
        setText(title, link.title);
        setText(text, link.text);
        const { lastContactAt } = primary.status?.replica ?? {};
        const isNews = shownContactAt && lastContactAt !== shownContactAt && shownLeader === leader;
        if (isNews && link.state === 'good') cross(record);
        shownContactAt = lastContactAt;
        shownLeader = leader;
      },
    };
  };

  const PARTS = {
    primary: { up: 'takes writes', switching: 'gives the lead away', recovering: 'is recovering' },
    replica: { up: 'holds a copy', refilling: 'is being filled' },
  };
  const SILENCE = { down: 'not reachable', problem: 'not ready', locked: 'token needed' };

  function end() {
    const name = el('b');
    const part = el('small');
    const element = el('div', { class: 'end' }, name, part);
    return {
      element,
      show(node, { state, role, isAnswering }) {
        element.dataset.state = state;
        setText(name, isAnswering ? `${node.name}: ${role}` : `Node ${node.name}`);
        setText(part, isAnswering ? PARTS[role][state] : SILENCE[state]);
      },
    };
  }

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

  /** For as long as not exactly one leads: until both nodes have heard of each other. */
  function unclear(lead, { name }, differing) {
    if (lead === 'none') {
      return {
        state: 'open',
        title: 'No node leads.',
        text: 'Until one does, no writes are taken. If this lasts, promote one of them.',
      };
    }
    const differences = differing > 0 ? `, and ${differ(differing)} by now` : '';
    return {
      state: 'failing',
      title: 'Both nodes lead:',
      text: `they have not heard of each other${differences}. Writes go to node ${name}, whose epoch is the later one.`,
    };
  }

  const differ = (differing) => (differing === 1 ? '1 key differs' : `${count(differing, 'key')} differ`);

  function stateOf(primary, replica, differing) {
    if (primary.state === 'recovering') {
      return { state: 'behind', title: 'Recovering.', text: 'The primary is taking back what the replica holds.' };
    }
    if (!primary.isAnswering && !replica.isAnswering && primary.state === replica.state) return bothSilent(primary);
    if (primary.state === 'locked') {
      return { state: 'unknown', title: 'Unknown.', text: 'The primary tells only those who have a token.' };
    }
    if (!primary.isAnswering || !primary.status) {
      return { state: 'unknown', title: 'Unknown.', text: 'The primary does not answer, so no writes are taken.' };
    }
    const { backlog, replica: link } = primary.status;
    const waiting = `${count(backlog.count, 'record')} in the backlog${backlog.count > 0 ? `, the oldest for ${age(backlog.oldestAgeMs)}` : ''}.`;
    if (primary.state === 'switching') {
      return { state: 'behind', title: 'Switching.', text: `The replica is about to lead. ${waiting}` };
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
    if (!replica.isAnswering && replica.state !== 'locked') {
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
      return { state: 'behind', title: 'Not identical.', text: `The backlog is empty, and yet ${differ(differing)}.` };
    }
    return { state: 'good', title: 'Identical.', text: identicalText(primary.status) };
  }

  function bothSilent({ state }) {
    const text =
      state === 'locked'
        ? 'Both nodes tell only those who have a token.'
        : 'Neither node answers, so no writes are taken.';
    return { state: 'unknown', title: 'Unknown.', text };
  }

  function identicalText({ inSync, inSyncSince }) {
    if (!inSync) return 'All that was looked at here is equal. A comparison of everything is due within a minute.';
    const since = inSyncSince ? ` In sync since ${new Date(inSyncSince).toLocaleTimeString()}.` : '';
    return `Every record of the primary is on the replica.${since}`;
  }
})();
