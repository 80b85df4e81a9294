// The keys: which of them to show, their table, and beside it the one that is open.
import { openKey } from '../state/keys.ts';
import { KeyDetail } from './key-detail.tsx';
import { KeysTable } from './keys-table.tsx';
import { PairWords } from './pair-words.tsx';
import { filter, prefix, table } from './table-state.ts';
import type { Filter } from './table-view.ts';

export function KeysCard() {
  return (
    <section class={`keys-area ${openKey.value === undefined ? '' : 'has-detail'}`} aria-labelledby="keys-title">
      <div class="card keys-card">
        <div class="keys-bar">
          <h2 id="keys-title">Keys</h2>
          <PairWords />
          <input
            class="code"
            aria-label="Only keys that begin with"
            placeholder="prefix"
            spellcheck={false}
            autocapitalize="none"
            autocomplete="off"
            onInput={({ currentTarget }) => {
              prefix.value = currentTarget.value.toWellFormed();
            }}
          />
          <fieldset class="source" id="filter">
            <legend class="hidden">Show</legend>
            <Choice value="all" label="all" />
            <Choice value="differing" label="only what differs" />
            <Choice value="not copied" label="only what is not copied" />
          </fieldset>
          <span id="keys-count" class="hint">
            {table.value.words}
          </span>
        </div>
        <KeysTable />
      </div>
      <KeyDetail />
    </section>
  );
}

function Choice({ value, label }: { value: Filter; label: string }) {
  return (
    <label>
      <input
        type="radio"
        name="filter"
        value={value}
        checked={filter.value === value}
        onChange={() => {
          filter.value = value;
        }}
      />
      <span>{label}</span>
    </label>
  );
}
