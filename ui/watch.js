// Looks at both nodes again and again while the page is visible: about once a second where they are on this machine.
(() => {
  const { tandem } = window;
  const { pauseMs, limitMs } = tandem.pace;
  const PAGE = 100;
  /** What GET /keys gives at most. */
  const LARGEST_PAGE = 1000;

  /**
   * Calls `onLook({ primary, replica })` after each look: { state: 'up' | 'fenced' | 'recovering' | 'refilling' | 'locked' | 'problem' |
   * 'down', status, keys, complete, faults, answeredAt, detail }. What a node last answered stays when it answers no more.
   * `locked` is a node that wants a token, or another one. `faults` is `null` where fault injection is off, and
   * `undefined` while that is not known.
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
      } else if (!document.hidden) timer = setTimeout(now, pauseMs);
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

  /** States in which a node may lack what the other one holds: it lists no keys. */
  const LACKING = ['recovering', 'refilling'];

  class NotAnswered extends Error {}
  class Refused extends NotAnswered {}

  async function look(role, url, wanted, { faults: known }) {
    const signal = AbortSignal.timeout(limitMs);
    const isTokenSent = tandem.token.get() !== '';
    const ask = (path) => tandem.token.fetch(role, url + path, { signal });
    try {
      const status = await read(ask, '/status');
      if (status.role !== role) throw new NotAnswered(otherNode(status.role));
      const [faults, page] = await Promise.all([
        known === null ? null : readFaults(ask),
        LACKING.includes(status.state) ? undefined : readKeys(ask, wanted),
      ]);
      if (!page) return { state: status.state, status: undefined, why: status.replica?.error ?? undefined, faults };
      const state = status.state === 'fenced' ? 'fenced' : 'up';
      return { state, status, faults, ...page, answeredAt: Date.now() };
    } catch (error) {
      if (error instanceof Refused) return { state: 'locked', detail: tokenAdvice(isTokenSent), faults: undefined };
      if (error instanceof NotAnswered) return { state: 'problem', detail: error.message, faults: undefined };
      return { state: 'down', faults: undefined };
    }
  }

  async function readFaults(ask) {
    const response = await ask('/faults');
    if (response.ok) return response.json();
    return response.status === 404 ? null : undefined;
  }

  const otherNode = (role) =>
    `${role ? `This node says that it is the ${role}` : 'This is not a node of Tandem'}. Check the addresses under “Nodes”.`;

  const tokenAdvice = (isTokenSent) =>
    `This node ${isTokenSent ? 'does not take this token. Enter another' : 'wants a token. Enter it'} at the top of the page.`;

  async function readKeys(ask, wanted) {
    const keys = [];
    let cursor;
    do {
      const query = new URLSearchParams({
        limit: Math.min(wanted - keys.length, LARGEST_PAGE),
        ...(cursor && { cursor }),
      });
      const page = await read(ask, `/keys?${query}`);
      keys.push(...(page.keys ?? []));
      cursor = page.cursor;
    } while (cursor && keys.length < wanted);
    return { keys, complete: !cursor };
  }

  async function read(ask, path) {
    const response = await ask(path);
    if (tandem.token.isRefusal(response)) throw new Refused();
    const body = await response.json().catch(() => ({}));
    if (!response.ok)
      throw new NotAnswered(body.detail ?? `It answers ${response.status}, and not as a node of Tandem.`);
    return body;
  }
})();
