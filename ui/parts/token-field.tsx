// The field for the token. It is there once a node wants a token, and as long as there is one.
import { computed } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { hintText, recipientsText, TOKEN } from '../nodes/token-words.ts';
import { announce } from '../state/announcement.ts';
import { NODES, nameOf } from '../state/nodes.ts';
import { refusals, token, useToken } from '../state/token.ts';
import { lookNow } from '../watch/watch.ts';

const COMPLAINT = 'Only the token itself: letters, digits, and any of -._~+/ (RFC 6750).';
const RECIPIENTS = recipientsText(NODES);

const hint = computed(() => hintText(refusals.value, token.value !== '', nameOf));

export function TokenField() {
  const field = useRef<HTMLInputElement>(null);
  const [isUsed, setUsed] = useState(false);
  const isHidden = hint.value === '' && token.value === '' && !isUsed;

  // The field is not controlled: the token is no part of what the page shows.
  useEffect(() => {
    if (field.current) field.current.value = token.peek();
  }, []);

  function take() {
    if (!field.current) return;
    const text = field.current.value.trim();
    field.current.setCustomValidity(text === '' || TOKEN.test(text) ? '' : COMPLAINT);
    if (!field.current.form?.reportValidity()) return;
    useToken(text);
    void lookNow();
  }

  return (
    <form
      id="token-form"
      class="token-form"
      autocomplete="off"
      hidden={isHidden}
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <label for="token">Token</label>
      {/* Without a name, so that it can never become part of an address. */}
      <input
        ref={field}
        id="token"
        class="code"
        type="password"
        autocomplete="off"
        spellcheck={false}
        aria-describedby="token-hint token-recipients"
        onChange={take}
        onInput={({ currentTarget }) => currentTarget.setCustomValidity('')}
        onFocus={() => setUsed(true)}
        onBlur={() => setUsed(false)}
      />
      <button type="submit">Use</button>
    </form>
  );
}

export function TokenHints() {
  const text = hint.value;
  useEffect(() => {
    if (text !== '') announce(`${text} ${RECIPIENTS}`);
  }, [text]);
  return (
    <>
      <p id="token-hint" class="notice" hidden={text === ''}>
        {text}
      </p>
      <p id="token-recipients" class="notice" hidden={text === ''}>
        {RECIPIENTS}
      </p>
    </>
  );
}
