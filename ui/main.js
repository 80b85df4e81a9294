// Puts the page together.
(() => {
  const { tandem } = window;
  const { byId, count, nodes, pair, setText } = tandem;

  tandem.tokenField(() => watch.now());
  const form = tandem.requestForm(() => watch.now());
  const link = tandem.linkDiagram(byId('link'));
  const chart = tandem.backlogChart(byId('link'));
  const divergent = tandem.divergentList(takeKey, () => watch.now());
  const faults = tandem.faultPanel(() => watch.now());
  const panelOf = (node) => tandem.nodePanel(node, takeKey, () => watch.now());
  const panels = { a: panelOf(nodes.a), b: panelOf(nodes.b) };
  byId('panels').append(panels.a.element, panels.b.element);
  linkScrolling(panels.a.scroller, panels.b.scroller);

  const more = byId('more');
  more.querySelector('button').addEventListener('click', () => watch.more());
  const watch = tandem.watch(nodes, show);

  function takeKey(key) {
    form.choose(key);
    byId('key').focus();
    tandem.announce(`${key} is in the key field.`);
  }

  function show(seen) {
    pair.learn(seen);
    const { leader, follower } = pair;
    const [primary, replica] = [seen[leader.id], seen[follower.id]];
    const isComparable = isListed(primary) && isListed(replica);
    const rows = isComparable
      ? tandem.compare(primary, replica)
      : { primary: tandem.rowsOf(primary), replica: tandem.rowsOf(replica) };
    const isPartial = !primary.complete || !replica.complete;
    const differing = differences(rows.differing, isPartial);
    panels[leader.id].show(primary, rows.primary, differing);
    panels[follower.id].show(replica, rows.replica, differing);
    link.show(primary, replica, rows.differing);
    chart.show(primary);
    divergent.show(primary);
    faults.show(seen);
    form.showNames();
    more.hidden = !isPartial;
    setText(more.firstElementChild, `${rows.primary.length} of ${total(primary, replica)} keys`);
    if (replica.faults !== undefined) offerDemonstration(replica.faults !== null);
  }

  const isListed = ({ isAnswering, status, detail }) => isAnswering && status !== undefined && detail === undefined;

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
