// The button that hangs on the tube between the nodes: how many faults are on there, and the way to their switches.
import { computed, effect } from '@preact/signals';
import { count } from '../nodes/words.ts';
import { drawer, toggleDrawer } from '../state/drawers.ts';
import { NODES, nameOf, seen } from '../state/nodes.ts';
import { noteFaults } from './switching.ts';

/** Whether any node can have faults, as far as was ever seen: what is open stays open while nodes do not answer. */
export const areFaultsOffered = computed(() => NODES.some(({ id }) => Boolean(seen.value[id].faults)));

/** The faults that are on at the nodes that answer: `delay on the replica`. */
export const faultsOn = computed(() =>
  NODES.filter(({ id }) => seen.value[id].isAnswering).flatMap(({ id }) =>
    (seen.value[id].faults?.faults ?? []).map(({ kind }) => `${kind} on ${nameOf(id)}`),
  ),
);

effect(() => {
  for (const { id } of NODES) noteFaults(id, seen.value[id].faults);
});

export function FaultsButton() {
  const on = faultsOn.value;
  return (
    <button
      type="button"
      class="small faults-button"
      hidden={!areFaultsOffered.value}
      aria-expanded={drawer.value === 'faults'}
      title={on.length > 0 ? on.join(', ') : 'Lose, delay, refuse or repeat what goes between the two.'}
      onClick={() => toggleDrawer('faults')}
    >
      <span class="purpose">Break it on purpose</span>
      {on.length > 0 && (
        <>
          {' '}
          <span class="badge bad">{count(on.length, 'fault')} on</span> <span class="hidden">{on.join(', ')}</span>
        </>
      )}
    </button>
  );
}
