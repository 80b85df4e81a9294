// When a value expires, and under which condition it is written: details of the request that open over the page.
import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { Popover } from '../parts/popover.tsx';
import { lastTag } from '../state/request.ts';

type Condition = 'none' | 'create' | 'match';

const MARKS = { create: 'if absent', match: 'if at ETag' } as const;

interface ConditionsProps {
  readonly details: RefObject<HTMLDetailsElement | null>;
  /** The field of the ETag. */
  readonly etag: RefObject<HTMLInputElement | null>;
}

export function Conditions({ details, etag }: ConditionsProps) {
  const [ttl, setTtl] = useState('');
  const [condition, setCondition] = useState<Condition>('none');
  const choose = (chosen: Condition) => () => {
    setCondition(chosen);
    if (chosen === 'match' && etag.current?.value === '') etag.current.value = lastTag.value;
  };
  const mark = [...(ttl === '' ? [] : [`${ttl} s`]), ...(condition === 'none' ? [] : [MARKS[condition]])].join(', ');
  return (
    <Popover label="Expiry and conditions" class="options" mark={mark} details={details}>
      <label for="ttl">Expires after (seconds)</label>
      <input
        id="ttl"
        name="ttl"
        type="number"
        min="1"
        max="315360000"
        step="1"
        inputmode="numeric"
        placeholder="never"
        onInput={({ currentTarget }) => setTtl(currentTarget.value)}
      />
      <fieldset>
        <legend>Write only if</legend>
        <label class="choice">
          <input type="radio" name="condition" value="none" defaultChecked onChange={choose('none')} /> always
        </label>
        <label class="choice">
          <input type="radio" name="condition" value="create" onChange={choose('create')} /> the key does not exist (put
          only)
        </label>
        <label class="choice">
          <input type="radio" name="condition" value="match" onChange={choose('match')} /> the key is at this ETag:
        </label>
        <input
          ref={etag}
          id="etag"
          class="code"
          name="etag"
          aria-label="ETag for If-Match"
          spellcheck={false}
          placeholder='"1763790000000-1"'
          onInput={({ currentTarget }) => {
            currentTarget.setCustomValidity('');
            const match = currentTarget.form?.querySelector<HTMLInputElement>('[name=condition][value=match]');
            if (match) match.checked = true;
            setCondition('match');
          }}
        />
      </fieldset>
    </Popover>
  );
}
