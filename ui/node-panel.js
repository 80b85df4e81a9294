// One node: whether it answers, how it is doing, its keys.
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
    fenced: 'fenced',
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

  tandem.nodePanel = (node, onChoose) => {
    const { role, url } = node;
    const name = role === 'primary' ? 'Primary' : 'Replica';
    const state = el('span', { class: 'state', role: 'status' }, 'connecting');
    const store = el('p', { class: 'hint' }, NOT_KNOWN);
    const facts = new Map(Object.keys(FACTS[role]).map((term) => [term, el('dd', {}, NOT_KNOWN)]));
    const notice = el('div', { class: 'notice', hidden: true });
    const caption = `Keys on the ${role}`;
    const table = tandem.keyTable(caption, onChoose);
    const none = el('p', { class: 'hint none' }, 'No keys yet.');
    const titleId = `${role}-title`;
    const scroller = el(
      'div',
      { class: 'keys', role: 'region', tabindex: 0, 'aria-label': caption },
      table.element,
      none,
    );

    return {
      scroller,
      element: el(
        'article',
        { class: 'card panel', id: role, 'aria-labelledby': titleId },
        el(
          'div',
          { class: 'panel-head' },
          el('h3', { id: titleId }, name),
          state,
          el('code', { title: url }, address(url)),
          store,
        ),
        el('dl', {}, ...[...facts].map(([term, value]) => el('div', {}, el('dt', {}, term), value))),
        notice,
        scroller,
      ),

      /** @param differences between the nodes, in words */
      show(seen, rows, differences) {
        setText(state, STATES[seen.state]);
        scroller.parentElement.dataset.state = seen.state;
        if (seen.status) {
          setText(store, storeText(seen.status));
          for (const [term, value] of facts) setText(value, FACTS[role][term](seen.status, differences));
        }
        const advice = adviceFor(node, seen);
        notice.hidden = advice === '';
        if (notice.dataset.advice !== advice) notice.replaceChildren(...withCommands(advice));
        notice.dataset.advice = advice;
        table.show(rows);
        none.hidden = rows.length > 0 || seen.state !== 'up';
        table.element.hidden = rows.length === 0;
      },
    };
  };

  /** What is wrong and what to do about it, with commands between backticks; empty if all is well. */
  function adviceFor(node, { state, status, detail, answeredAt, why }) {
    if (state === 'problem') return detail;
    if (state === 'up') return '';
    if (state === 'fenced') return fencedAdvice(status);
    const since = answeredAt ? ` since ${new Date(answeredAt).toLocaleTimeString()}` : '';
    const last = answeredAt ? ' Below is what it held last.' : '';
    if (state === 'locked') return detail + last;
    if (state === 'recovering') return RECOVERING + (why ? ` Now: ${why}.` : '') + last;
    if (state === 'refilling') return REFILLING + last;
    return `No answer from ${node.url}${since}. ${startAdvice(node)}${last}`;
  }

  const startAdvice = ({ role, isLocal }) =>
    isLocal
      ? `Start both nodes with \`npm start\`, or only this one with \`npm run ${role}\`.`
      : 'Check its address under “Nodes”, and whether the stage is deployed.';

  const address = (url) => url.replace(/^https?:\/\//, '');

  const RECOVERING =
    'It has started with nothing and is taking back what the replica holds. Until it has, it answers reads and writes with 503. There is nothing to do: it waits as long as the replica takes, and serves without it after 3 s if nothing listens there. If the replica is lost, `POST /promote` with `{"force":true}` has it serve with what it holds.';

  const REFILLING =
    'It has started with nothing, and its primary is filling it. Until that is done it answers 503 for keys that it does not hold.';

  const fencedAdvice = ({ store, epoch, fencedBy }) =>
    `Another primary has taken over: the replica has seen epoch ${fencedBy ?? NOT_KNOWN}, and this one has ${epoch ?? NOT_KNOWN}. It takes no more writes. Use the other one; ${store === 'memory' ? TAKE_OVER : 'or promote this one.'}`;

  const TAKE_OVER = 'or stop this one and start it again with `npm run primary`, and it takes over.';

  const withCommands = (text) => text.split('`').map((part, i) => (i % 2 === 1 ? el('code', {}, part) : part));
})();
