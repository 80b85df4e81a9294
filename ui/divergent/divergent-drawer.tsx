// The divergent writes: the first of those that the node that leads lists, and the button that acknowledges all.
import { computed, signal } from '@preact/signals';
import { elementsIn, valueIn } from '../nodes/json-text.ts';
import { operations } from '../nodes/operations.ts';
import { outcomeOf } from '../nodes/outcome.ts';
import { sendToLeader } from '../nodes/send.ts';
import { count, shortEpoch } from '../nodes/words.ts';
import { announce } from '../state/announcement.ts';
import { beginDeed, log } from '../state/exchanges.ts';
import { lead, seen } from '../state/nodes.ts';
import { chooseKey } from '../state/request.ts';
import { lookNow } from '../watch/watch.ts';

/** Characters of a value that are shown. */
const MAX_SHOWN = 80;

/** How many there are, as far as that is known. */
export const divergentCount = computed(() => {
  const { writes, status } = seen.value[lead.value.leader];
  return (writes && status?.divergent) || 0;
});

const problem = signal('');
let isBusy = false;

export function DivergentDrawer() {
  const writes = elementsIn(seen.value[lead.value.leader].writes ?? '{}', 'writes');
  const others = divergentCount.value - writes.length;
  return (
    <div class="divergent">
      <p class="hint">
        They were answered with success on one node, and superseded by writes on the other that had not seen them. Put
        again what is still wanted; acknowledging takes them from this list.
      </p>
      <p class="notice" role="status" hidden={problem.value === ''}>
        {problem}
      </p>
      <table>
        <caption class="hidden">Divergent writes</caption>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Value</th>
            <th scope="col">Version</th>
            <th scope="col">Epoch</th>
          </tr>
        </thead>
        <tbody>
          {writes.map((text) => (
            <Row key={text} text={text} />
          ))}
        </tbody>
      </table>
      {others > 0 && <p class="hint">and {count(others, 'other')}</p>}
    </div>
  );
}

export function AcknowledgeButton() {
  return (
    <button type="button" class="small" onClick={acknowledge}>
      Acknowledge all
    </button>
  );
}

async function acknowledge(): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  problem.value = '';
  beginDeed();
  for (const exchange of await sendToLeader(operations.acknowledge)) {
    const { tone, text } = outcomeOf(exchange);
    log(exchange, text);
    problem.value = tone === 'bad' ? text : '';
    if (tone !== 'bad') announce(text);
  }
  isBusy = false;
  void lookNow();
}

/** @param text JSON: a value is shown as it was written, whatever its numbers */
function Row({ text }: { text: string }) {
  const { key, version, epoch, deleted } = JSON.parse(text) as Record<string, never>;
  const value = deleted ? undefined : valueIn(text);
  const choose = () => {
    chooseKey(key ?? '');
    announce(`${key} is in the key field.`);
  };
  return (
    <tr>
      <th scope="row">
        <button type="button" class="code key" dir="auto" title={key} onClick={choose}>
          {key}
        </button>
      </th>
      {value === undefined ? (
        <td class="hint">{deleted ? 'deleted' : 'not kept'}</td>
      ) : (
        <td class="code" dir="auto" title={value.slice(0, MAX_SHOWN)}>
          {value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value}
        </td>
      )}
      <td class="number">{version}</td>
      <td class="number" title={`Epoch ${epoch}`}>
        {shortEpoch(Number(epoch), Date.now())}
        <span class="hidden">{` (${epoch})`}</span>
      </td>
    </tr>
  );
}
