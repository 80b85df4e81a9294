// Puts the page together.
(() => {
  const { tandem } = window;
  const { byId, count, nodes, setText } = tandem;

  tandem.tokenField(() => watch.now());
  const form = tandem.requestForm(() => watch.now());
  const link = tandem.linkDiagram(byId('link'));
  const chart = tandem.backlogChart(byId('link'));
  const faults = tandem.faultPanel(() => watch.now());
  const panels = Object.fromEntries(Object.values(nodes).map((node) => [node.role, tandem.nodePanel(node, takeKey)]));
  byId('panels').append(panels.primary.element, panels.replica.element);
  linkScrolling(panels.primary.scroller, panels.replica.scroller);

  const more = byId('more');
  more.querySelector('button').addEventListener('click', () => watch.more());
  const watch = tandem.watch(nodes, show);

  function takeKey(key) {
    form.choose(key);
    byId('key').focus();
    tandem.announce(`${key} is in the key field.`);
  }

  function show({ primary, replica }) {
    const isComparable = [primary, replica].every(({ state }) => state === 'up' || state === 'fenced');
    const rows = isComparable
      ? tandem.compare(primary, replica)
      : { primary: tandem.rowsOf(primary), replica: tandem.rowsOf(replica) };
    const isPartial = !primary.complete || !replica.complete;
    panels.primary.show(primary, rows.primary);
    panels.replica.show(replica, rows.replica, differences(rows.differing, isPartial));
    link.show(primary, replica, rows.differing);
    chart.show(primary);
    faults.show({ primary, replica });
    more.hidden = !isPartial;
    setText(more.firstElementChild, `${rows.primary.length} of ${total(primary, replica)} keys`);
    if (replica.faults !== undefined) offerDemonstration(replica.faults !== null);
  }

  /** Where no faults can be injected, `__fail__` is a value like any other. */
  function offerDemonstration(isOffered) {
    for (const id of ['fail', 'fail-hint']) byId(id).hidden = !isOffered;
  }

  /** Of the node that has more. */
  function total(...nodes) {
    const [most] = nodes.flatMap(({ status }) => status ?? []).sort((a, b) => b.keys - a.keys);
    return most ? tandem.keyCount(most) : '0';
  }

  function differences(differing, isPartial) {
    if (differing === undefined) return 'unknown';
    return `${differing === 0 ? 'none' : count(differing, 'key')}${isPartial ? ' so far' : ''}`;
  }

  /** The rows of both tables stand in the same order, and stay side by side. */
  function linkScrolling(...scrollers) {
    const moved = new Set();
    for (const [i, scroller] of scrollers.entries()) {
      scroller.addEventListener('scroll', () => {
        if (moved.delete(scroller)) return;
        const other = scrollers[1 - i];
        const before = other.scrollTop;
        other.scrollTop = scroller.scrollTop;
        if (other.scrollTop !== before) moved.add(other);
      });
    }
  }
})();
