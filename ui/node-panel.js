// One node: whether it answers, how it is doing, its keys.
(() => {
  const { tandem } = window;
  const { el, setText, count, age } = tandem;

  const FACTS = {
    primary: {
      Keys: ({ keys }) => keys.toLocaleString('en'),
      Backlog: ({ backlog }) =>
        backlog.count === 0 ? 'empty' : `${count(backlog.count, 'record')}, ${age(backlog.oldestAgeMs)}`,
      Circuit: ({ replica }) => replica.circuit.replace('_', ' '),
      'Last contact': ({ replica }) => ago(replica.lastContactAt),
    },
    replica: {
      Keys: ({ keys }) => keys.toLocaleString('en'),
      Differences: (_, differences) => differences,
      'Last contact': ({ lastContactAt }) => ago(lastContactAt),
    },
  };

  const ago = (time) => (time === null ? 'none yet' : `${age(Date.now() - Date.parse(time))} ago`);

  const STATES = { up: 'up', fenced: 'fenced', recovering: 'recovering', problem: 'not ready', down: 'not reachable' };

  tandem.nodePanel = ({ role, url }, onChoose) => {
    const name = role === 'primary' ? 'Primary' : 'Replica';
    const state = el('span', { class: 'state', role: 'status' }, 'connecting');
    const facts = new Map(Object.keys(FACTS[role]).map((term) => [term, el('dd', {}, '–')]));
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
        el('div', { class: 'panel-head' }, el('h3', { id: titleId }, name), state, el('code', {}, new URL(url).host)),
        el('dl', {}, ...[...facts].map(([term, value]) => el('div', {}, el('dt', {}, term), value))),
        notice,
        scroller,
      ),

      /** @param differences between the nodes, in words */
      show(node, rows, differences) {
        setText(state, STATES[node.state]);
        scroller.parentElement.dataset.state = node.state;
        if (node.status) {
          for (const [term, value] of facts) setText(value, FACTS[role][term](node.status, differences));
        }
        const advice = adviceFor(role, url, node);
        notice.hidden = advice === '';
        if (notice.dataset.advice !== advice) notice.replaceChildren(...withCommands(advice));
        notice.dataset.advice = advice;
        table.show(rows);
        none.hidden = rows.length > 0 || node.state !== 'up';
        table.element.hidden = rows.length === 0;
      },
    };
  };

  /** What is wrong and what to do about it, with commands between backticks; empty if all is well. */
  function adviceFor(role, url, { state, status, detail, answeredAt }) {
    if (state === 'problem') return detail;
    if (state === 'up') return '';
    if (state === 'fenced') return fencedAdvice(status);
    const since = answeredAt ? ` since ${new Date(answeredAt).toLocaleTimeString()}` : '';
    const last = answeredAt ? ' Below is what it held last.' : '';
    if (state === 'recovering') return RECOVERING + last;
    return `No answer from ${url}${since}. Start both nodes with \`npm start\`, or only this one with \`npm run ${role}\`.${last}`;
  }

  const RECOVERING =
    'It has started with nothing and is taking back what the replica holds. Until it has, it answers reads and writes with 503. There is nothing to do: if no replica answers, it serves after 5 s.';

  const fencedAdvice = ({ epoch, fencedBy }) =>
    `Another primary has taken over: the replica has seen epoch ${fencedBy}, and this one has ${epoch}. It takes no more writes. Use the other one; or stop this one and start it again with \`npm run primary\`, and it takes over.`;

  const withCommands = (text) => text.split('`').map((part, i) => (i % 2 === 1 ? el('code', {}, part) : part));
})();
