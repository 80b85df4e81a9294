// One node: its role, whether it answers, how it is doing, its keys.
(() => {
  const { tandem } = window;
  const { el, setText, count, age } = tandem;

  const NOT_KNOWN = '–';
  const FACTS = {
    primary: {
      Keys: keyCount,
      Backlog: ({ backlog }) =>
        backlog.count === 0 ? 'empty' : `${count(backlog.count, 'record')}, ${age(backlog.oldestAgeMs)}`,
      Circuit: ({ replica }) => replica.circuit?.replace('_', ' ') ?? NOT_KNOWN,
      'Last contact': ({ replica }) => ago(replica.lastContactAt),
    },
    replica: {
      Keys: keyCount,
      Differences: (_, differences) => differences,
      'Last contact': ({ lastContactAt }) => ago(lastContactAt),
    },
  };

  const ago = (time) => (time ? `${age(Date.now() - Date.parse(time))} ago` : 'none yet');

  /** A node may count up to a bound only. */
  function keyCount({ keys, keysAtLeast }) {
    return `${keysAtLeast ? '≥ ' : ''}${keys.toLocaleString('en')}`;
  }

  const STATES = {
    up: 'up',
    switching: 'switching',
    recovering: 'recovering',
    refilling: 'refilling',
    locked: 'token needed',
    problem: 'not ready',
    down: 'not reachable',
  };
  const STORES = { memory: 'In memory', dynamodb: 'On DynamoDB' };

  /** In a durable store there is no epoch before the first write, and on a replica none before the first record. */
  const storeText = ({ store, epoch, highestEpoch }) =>
    `${STORES[store] ?? store} · epoch ${epoch || highestEpoch || NOT_KNOWN}`;

  tandem.keyCount = keyCount;

  /**
   * @param onChoose called with the key whose button was used
   * @param onAnswer called after each exchange
   */
  tandem.nodePanel = (node, onChoose, onAnswer) => {
    const { id, name, url } = node;
    const role = el('span', { class: 'role', hidden: true });
    const state = el('span', { class: 'state', role: 'status' }, 'connecting');
    const store = el('p', { class: 'hint' }, NOT_KNOWN);
    const facts = el('dl');
    const notice = el('div', { class: 'notice', hidden: true });
    const promotion = tandem.promotion(node, onAnswer);
    const caption = `Keys on node ${name}`;
    const table = tandem.keyTable(caption, onChoose);
    const none = el('p', { class: 'hint none' }, 'No keys yet.');
    const titleId = `${id}-title`;
    const scroller = el(
      'div',
      { class: 'keys', role: 'region', tabindex: 0, 'aria-label': caption },
      table.element,
      none,
    );
    const element = el(
      'article',
      { class: 'card panel', 'aria-labelledby': titleId },
      el(
        'div',
        { class: 'panel-head' },
        el('div', { class: 'panel-title' }, el('h3', { id: titleId }, `Node ${name} `, role), state, promotion.button),
        el('code', { title: url }, address(url)),
        store,
      ),
      facts,
      el('div', { class: 'notices' }, notice, promotion.notice),
      scroller,
    );

    return {
      scroller,
      element,

      /** @param differences between the nodes, in words */
      show(seen, rows, differences) {
        setText(state, STATES[seen.state]);
        element.dataset.state = seen.state;
        showRole(role, seen);
        showFacts(facts, seen.role ?? tandem.pair.roleOf(node), seen, differences);
        if (seen.status) setText(store, storeText(seen.status));
        promotion.show(seen);
        const advice = adviceFor(node, seen);
        notice.hidden = advice === '';
        if (notice.dataset.advice !== advice) notice.replaceChildren(...withCommands(advice));
        notice.dataset.advice = advice;
        table.show(rows);
        none.hidden = rows.length > 0 || seen.state !== 'up' || seen.detail !== undefined;
        table.element.hidden = rows.length === 0;
      },
    };
  };

  /** The role that it has; of one that does not answer, the one that it had. */
  function showRole(element, { role, isAnswering }) {
    element.hidden = role === undefined;
    element.dataset.role = role;
    element.classList.toggle('past', !isAnswering);
    setText(element, isAnswering ? role : `was ${role}`);
  }

  /** The terms change with the role. Of a node that tells nothing the last values stay. */
  function showFacts(list, role, { status }, differences) {
    const facts = FACTS[role];
    if (list.dataset.role !== role) {
      const terms = Object.keys(facts).map((term) => el('div', {}, el('dt', {}, term), el('dd', {}, NOT_KNOWN)));
      list.replaceChildren(...terms);
      list.dataset.role = role;
    }
    if (!status || status.role !== role) return;
    for (const [i, factOf] of Object.values(facts).entries())
      setText(list.children[i].lastElementChild, factOf(status, differences));
  }

  /** What is wrong and what to do about it, with commands between backticks; empty if all is well. */
  function adviceFor(node, { state, detail, answeredAt, why }) {
    if (state === 'problem') return detail;
    if (state === 'up') return detail ?? '';
    if (state === 'switching') return SWITCHING;
    const since = answeredAt ? ` since ${new Date(answeredAt).toLocaleTimeString()}` : '';
    const last = answeredAt ? ' Below is what it held last.' : '';
    if (state === 'locked') return detail + last;
    if (state === 'recovering') return RECOVERING + (why ? ` Now: ${why}.` : '') + last;
    if (state === 'refilling') return REFILLING + last;
    return `No answer from ${node.url}${since}. ${startAdvice(node)}${last}`;
  }

  const startAdvice = ({ beginsAs, isLocal }) =>
    isLocal
      ? `Start both nodes with \`npm start\`, or only this one with \`npm run ${beginsAs}\`.${ofSameFolder()}`
      : 'Check its address under “Nodes”, and whether the stage is deployed.';

  const ofSameFolder = () =>
    location.protocol === 'file:' ? ' This page was opened as a file: only nodes of the same folder answer it.' : '';

  const address = (url) => url.replace(/^https?:\/\//, '');

  const RECOVERING =
    'It has started with nothing and is taking back what the replica holds. Until it has, it answers reads and writes with 503. There is nothing to do: it waits as long as the replica takes, and serves without it after 3 s if nothing listens there. If the replica is lost, `POST /promote` with `{"force":true}` has it serve with what it holds.';

  const REFILLING =
    'It has started with nothing, and its primary is filling it. Until that is done it answers 503 for keys that it does not hold.';

  const SWITCHING =
    'It is giving the lead to the other node. Until that has it, writes are answered with 503; if it fails, all is as before.';

  const withCommands = (text) => text.split('`').map((part, i) => (i % 2 === 1 ? el('code', {}, part) : part));
})();
