// Looks at both nodes about once a second while the page is visible.
(() => {
  const { tandem } = window;
  const PAUSE_MS = 1000;
  const LIMIT_MS = 2000;
  const PAGE = 100;
  /** What GET /keys gives at most. */
  const LARGEST_PAGE = 1000;

  /**
   * Calls `onLook({ primary, replica })` after each look: { state: 'up' | 'fenced' | 'recovering' | 'problem' | 'down',
   * status, keys, complete, faults, answeredAt, detail }. What a node last answered stays when it answers no more.
   * `faults` is `null` where fault injection is off, and `undefined` while that is not known.
   * @returns `now` to look at once, `more` to take in a hundred further keys
   */
  tandem.watch = (nodes, onLook) => {
    const seen = Object.fromEntries(Object.keys(nodes).map((role) => [role, { keys: [], complete: true }]));
    let wanted = PAGE;
    let timer;
    let isLooking = false;
    let isDue = false;

    async function now() {
      clearTimeout(timer);
      if (isLooking) {
        isDue = true;
        return;
      }
      isLooking = true;
      await Promise.all(
        Object.values(nodes).map(async ({ role, url }) =>
          Object.assign(seen[role], await look(role, url, wanted, seen[role])),
        ),
      );
      isLooking = false;
      onLook(seen);
      if (isDue) {
        isDue = false;
        now();
      } else if (!document.hidden) timer = setTimeout(now, PAUSE_MS);
    }

    document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : now()));
    now();
    return {
      now,
      more() {
        wanted += PAGE;
        return now();
      },
    };
  };

  class NotAnswered extends Error {}

  async function look(role, url, wanted, { faults: known }) {
    const signal = AbortSignal.timeout(LIMIT_MS);
    try {
      const status = await read(`${url}/status`, signal);
      if (status.role !== role) throw new NotAnswered(otherNode(status.role));
      const [faults, page] = await Promise.all([
        known === null ? null : readFaults(url, signal),
        status.state === 'recovering' ? undefined : readKeys(url, wanted, signal),
      ]);
      if (!page) return { state: 'recovering', faults };
      const state = status.state === 'fenced' ? 'fenced' : 'up';
      return { state, status, faults, ...page, answeredAt: Date.now() };
    } catch (error) {
      if (error instanceof NotAnswered) return { state: 'problem', detail: error.message, faults: undefined };
      return { state: 'down', faults: undefined };
    }
  }

  async function readFaults(url, signal) {
    const response = await fetch(`${url}/faults`, { signal, cache: 'no-store' });
    if (response.ok) return response.json();
    return response.status === 404 ? null : undefined;
  }

  const otherNode = (role) =>
    `${role ? `This node says that it is the ${role}` : 'This is not a node of Tandem'}. Check the addresses under “Nodes”.`;

  async function readKeys(url, wanted, signal) {
    const keys = [];
    let cursor;
    do {
      const query = new URLSearchParams({
        limit: Math.min(wanted - keys.length, LARGEST_PAGE),
        ...(cursor && { cursor }),
      });
      const page = await read(`${url}/keys?${query}`, signal);
      keys.push(...(page.keys ?? []));
      cursor = page.cursor;
    } while (cursor && keys.length < wanted);
    return { keys, complete: !cursor };
  }

  async function read(url, signal) {
    const response = await fetch(url, { signal, cache: 'no-store' });
    const body = await response.json().catch(() => ({}));
    if (!response.ok)
      throw new NotAnswered(body.detail ?? `It answers ${response.status}, and not as a node of Tandem.`);
    return body;
  }
})();
