// Who leads: what both nodes last said of their roles, and what they are called for it.
(() => {
  const { tandem } = window;
  const { a, b } = tandem.nodes;

  const otherThan = (node) => (node === a ? b : a);

  tandem.pair = {
    otherThan,

    /** The node that writes go to: of two that lead, the one with the later epoch. */
    leader: a,

    /** How many lead: `one` (or none is known to), `both`, `none`. */
    lead: 'one',

    get follower() {
      return otherThan(tandem.pair.leader);
    },

    /** @param seen what was seen of each node */
    learn(seen) {
      const answering = [a, b].filter(({ id }) => seen[id].isAnswering);
      const primaries = answering.filter(({ id }) => seen[id].role === 'primary');
      const serving = primaries.filter(({ id }) => seen[id].state !== 'recovering');
      const leaders = serving.length > 0 ? serving : primaries;
      tandem.pair.lead = leadOf(answering, leaders, serving);
      if (leaders.length === 1) tandem.pair.leader = leaders[0];
      else if (leaders.length === 2) tandem.pair.leader = laterOf(seen, tandem.pair.leader);
      // A replica alone: its primary is the one that does not answer.
      else if (answering.length === 1) tandem.pair.leader = otherThan(answering[0]);
    },

    /** A node has said that it does not lead. The next look tells more. */
    refused(node) {
      tandem.pair.leader = otherThan(node);
    },

    roleOf(node) {
      const { lead, leader } = tandem.pair;
      if (lead === 'one') return node === leader ? 'primary' : 'replica';
      return lead === 'both' ? 'primary' : 'replica';
    },

    /** In a sentence: by its role while that is the role of one, else by its name. */
    nameOf: (node) => (tandem.pair.lead === 'one' ? `the ${tandem.pair.roleOf(node)}` : `node ${node.name}`),

    /** Beside other labels: `A · primary`. */
    labelOf: (node) => `${node.name} · ${tandem.pair.roleOf(node)}`,
  };

  function leadOf(answering, leaders, serving) {
    if (serving.length === 2) return 'both';
    return answering.length === 2 && leaders.length !== 1 ? 'none' : 'one';
  }

  /** @param present if neither is later */
  function laterOf(seen, present) {
    const lead = epochOf(seen.a) - epochOf(seen.b);
    if (lead === 0) return present;
    return lead > 0 ? a : b;
  }

  const epochOf = ({ status }) => status?.epoch ?? 0;
})();
