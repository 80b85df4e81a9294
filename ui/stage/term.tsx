// A term in brackets, after the plain words. It opens its explanation.
import { useId } from 'preact/hooks';
import { GLOSSARY } from './glossary.ts';

export function Term({ term }: { readonly term: string }) {
  const id = useId();
  const meaning = GLOSSARY[term];
  if (!meaning) return null;
  return (
    <>
      <button type="button" class="term" popovertarget={id} aria-label={`What “${term}” means`}>
        ({term})
      </button>
      <span id={id} popover="auto" class="meaning" role="note">
        <b>{term}</b> {meaning}
      </span>
    </>
  );
}
