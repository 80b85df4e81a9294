// The backlog over the last two minutes, as steps: each look at the node that leads adds a point.
(() => {
  const { tandem } = window;
  const { el, svg, setText, count, age } = tandem;
  const SPAN_MS = 120_000;
  /** Longer than two looks: in between nothing is known, and nothing is drawn. */
  const GAP_MS = 5 * tandem.pace.pauseMs;
  const HEIGHT = 40;
  /** So that one record does not look like a mountain. */
  const LEAST_TOP = 4;

  tandem.backlogChart = (container) => {
    const area = svg('path', { class: 'area' });
    const line = svg('path', { class: 'steps' });
    const drawing = svg(
      'svg',
      { viewBox: `0 0 ${SPAN_MS} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      svg('path', { class: 'grid', d: `M0 0H${SPAN_MS}M0 ${HEIGHT}H${SPAN_MS}` }),
      area,
      line,
    );
    const top = el('span');
    const now = el('b');
    container.append(
      el(
        'figure',
        { class: 'chart' },
        el('figcaption', {}, 'Backlog ', now),
        drawing,
        el('span', { class: 'scale', 'aria-hidden': 'true' }, top, el('span', {}, '0')),
        el('small', { class: 'from', 'aria-hidden': 'true' }, '2 min ago'),
        el('small', { class: 'to', 'aria-hidden': 'true' }, 'now'),
      ),
    );
    let points = [];

    return {
      /** @param leader what was seen of the node that leads */
      show({ isAnswering, role, status }) {
        const at = Date.now();
        points = points.filter((point) => at - point.at <= SPAN_MS);
        const backlog = isAnswering && role === 'primary' ? status?.backlog : undefined;
        if (backlog) points.push({ at, count: backlog.count });
        const highest = Math.max(LEAST_TOP, ...points.map((point) => point.count));
        const x = (time) => SPAN_MS - (at - time);
        const y = (number) => HEIGHT * (1 - number / highest);
        const stretches = stretchesOf(points);
        line.setAttribute('d', stretches.map((stretch) => steps(stretch, x, y)).join(''));
        area.setAttribute('d', stretches.map((stretch) => closed(stretch, x, y)).join(''));
        setText(top, highest.toLocaleString('en'));
        setText(now, backlog ? String(backlog.count) : '?');
        drawing.setAttribute('aria-label', `Backlog over the last 2 minutes: ${inWords(backlog, points)}`);
      },
    };
  };

  /** Runs of points without a gap. */
  function stretchesOf(points) {
    const stretches = [];
    for (const [i, point] of points.entries()) {
      if (i > 0 && point.at - points[i - 1].at <= GAP_MS) stretches.at(-1).push(point);
      else stretches.push([point]);
    }
    return stretches;
  }

  const steps = ([first, ...others], x, y) =>
    `M${x(first.at)} ${y(first.count)}${others.map((point) => `H${x(point.at)}V${y(point.count)}`).join('')}`;

  const closed = (stretch, x, y) => `${steps(stretch, x, y)}V${HEIGHT}H${x(stretch[0].at)}Z`;

  function inWords(backlog, points) {
    if (!backlog) return 'the primary does not tell.';
    const oldest = backlog.count > 0 ? `, the oldest for ${age(backlog.oldestAgeMs)}` : '';
    return `${count(backlog.count, 'record')} now${oldest}; at most ${Math.max(...points.map((point) => point.count))}.`;
  }
})();
