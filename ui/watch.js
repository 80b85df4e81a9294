// Looks at both nodes again and again while the page is visible: about once a second where they are on this machine.
(() => {
  const { tandem } = window;
  const { pauseMs, limitMs } = tandem.pace;
  const PAGE = 100;
  /** What GET /keys gives at most. */
  const LARGEST_PAGE = 1000;
  /** Divergent writes that are shown. Their values may be long. */
  const MAX_WRITES = 5;

  /**
   * Calls `onLook({ a, b })` after each look at the nodes: { state: 'up' | 'switching' | 'recovering' | 'refilling' |
   * 'locked' | 'problem' | 'down', isAnswering, role, status, keys, complete, writes, faults, answeredAt, detail, why }.
   * What a node last answered stays when it answers no more. `locked` is a node that wants a token, or another one. `detail`
   * says why it tells nothing, or no keys. `writes` is the JSON text of the first divergent writes. `faults` is `null` where
   * fault injection is off, and `undefined` while that is not known.
   * @returns `now` to look at once, `more` to take in a hundred further keys
   */
  tandem.watch = ({ a, b }, onLook) => {
    const seen = { a: { keys: [], complete: true }, b: { keys: [], complete: true } };
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
      const [first, second] = await Promise.all([look(a, wanted, seen.a), look(b, wanted, seen.b)]);
      Object.assign(seen.a, first);
      Object.assign(seen.b, isSame(first, second) ? unseen('problem', SAME_NODE) : second);
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
  /** It does not say what it does not hold, as that may be on the other node. */
  class Withheld extends NotAnswered {}

  async function look(node, wanted, { faults: known }) {
    const signal = AbortSignal.timeout(limitMs);
    const isTokenSent = tandem.token.get() !== '';
    const ask = (path) => tandem.token.fetch(node.id, node.url + path, { signal });
    try {
      const status = await readJson(ask, '/status');
      if (status.role !== 'primary' && status.role !== 'replica') throw new NotAnswered(NO_NODE);
      const [faults, listed] = await Promise.all([
        known === null ? null : readFaults(ask),
        LACKING.includes(status.state) ? undefined : readLists(ask, wanted, status),
      ]);
      return { isAnswering: true, role: status.role, contentsId: status.id, faults, ...seenOf(status, listed) };
    } catch (error) {
      if (error instanceof Refused) return unseen('locked', tokenAdvice(isTokenSent));
      if (error instanceof NotAnswered) return unseen('problem', error.message);
      return unseen('down');
    }
  }

  function seenOf(status, listed) {
    if (!listed) return { state: status.state, status: undefined, why: status.replica?.error ?? undefined };
    return { state: status.state === 'switching' ? 'switching' : 'up', status, ...listed, answeredAt: Date.now() };
  }

  const unseen = (state, detail) => ({ state, detail, isAnswering: false, faults: undefined });

  const isSame = (first, second) => first.isAnswering && second.isAnswering && first.contentsId === second.contentsId;

  async function readLists(ask, wanted, { divergent }) {
    try {
      const [page, writes] = await Promise.all([
        readKeys(ask, wanted),
        divergent > 0 ? read(ask, `/divergent?limit=${MAX_WRITES}`) : undefined,
      ]);
      return { ...page, writes, detail: undefined };
    } catch (error) {
      if (error instanceof Withheld) return { detail: error.message };
      throw error;
    }
  }

  async function readFaults(ask) {
    const response = await ask('/faults');
    if (response.ok) return response.json();
    return response.status === 404 ? null : undefined;
  }

  const NO_NODE = 'This is not a node of Tandem. Check the addresses under “Nodes”.';
  const SAME_NODE = 'Both addresses are those of one node. Check them under “Nodes”.';

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
      const page = await readJson(ask, `/keys?${query}`);
      keys.push(...(page.keys ?? []));
      cursor = page.cursor;
    } while (cursor && keys.length < wanted);
    return { keys, complete: !cursor };
  }

  async function readJson(ask, path) {
    const text = await read(ask, path);
    return tandem.isJson(text) ? (JSON.parse(text) ?? {}) : {};
  }

  /** @returns the text of the answer */
  async function read(ask, path) {
    const response = await ask(path);
    if (tandem.token.isRefusal(response)) throw new Refused();
    if (response.ok) return response.text();
    const { code, detail } = await response.json().catch(() => ({}));
    if (LACKING.includes(code)) throw new Withheld(detail);
    throw new NotAnswered(detail ?? `It answers ${response.status}, and not as a node of Tandem.`);
  }
})();
