// The faults of a node: what each kind does there, what is on in words, and the lists that PUT /faults takes.
(() => {
  const { tandem } = window;

  const EFFECTS = {
    primary: {
      error: 'It refuses to send the record.',
      delay: 'It waits before it sends.',
      drop_request: 'What it sends is lost on the way.',
      drop_reply: 'What it sends arrives, the answer is lost.',
      duplicate: 'It sends everything twice.',
    },
    replica: {
      error: 'It answers 500, and does not take it.',
      delay: 'It waits before it takes the record.',
      drop_request: 'What arrives is lost before it is read.',
      drop_reply: 'It takes the record, its answer is lost.',
      duplicate: 'It takes everything twice.',
    },
  };

  const timeLeft = ({ expiresAt }) => Math.max(0, Date.parse(expiresAt) - Date.now());

  /** As PUT /faults takes it: with the time it has left, because a PUT starts the time of every fault again. */
  const kept = ({ id: _, expiresAt, ...fault }) => ({
    ...fault,
    ttl: Math.max(1, Math.ceil(timeLeft({ expiresAt }) / 1000)),
  });

  tandem.faultList = {
    kinds: Object.keys(EFFECTS.primary),
    /** What each kind does, by the role of the node. */
    effects: EFFECTS,
    with: (faults, fault) => [...faults.map(kept), fault],
    without: (faults, kind) => faults.filter((fault) => fault.kind !== kind).map(kept),

    /** What it acts on, and what is left of it. */
    describe(fault) {
      const { kind, keyPrefix, probability, count, delayMs } = fault;
      return [
        keyPrefix === '' ? 'any key' : `keys ${keyPrefix}…`,
        ...(kind === 'delay' ? [`${delayMs.toLocaleString('en')} ms`] : []),
        ...(probability < 1 ? [`probability ${probability}`] : []),
        ...(count === null ? [] : [`${tandem.count(count, 'time')} left`]),
        `${tandem.age(timeLeft(fault))} left`,
      ].join(' · ');
    },
  };
})();
