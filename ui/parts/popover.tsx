// Details that open over the page and move nothing. Escape closes them, and a click elsewhere, outside of the form that they are
// part of.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PopoverProps {
  readonly label: string;
  /** What is set in it, in short; empty: nothing that one would have to know while it is closed. */
  readonly mark?: string;
  readonly class?: string;
  /** For those who open and close it. */
  readonly details?: RefObject<HTMLDetailsElement | null>;
  readonly children: ComponentChildren;
}

export function Popover({ label, mark = '', class: className = '', details, children }: PopoverProps) {
  const own = useRef<HTMLDetailsElement>(null);
  const ref = details ?? own;
  useEffect(() => {
    const close = ({ target }: Event) => {
      const details = ref.current;
      const own = details?.closest('form') ?? details;
      if (details?.open && target instanceof Node && !own?.contains(target)) details.open = false;
    };
    document.addEventListener('pointerdown', close);
    return () => document.removeEventListener('pointerdown', close);
  }, [ref]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !ref.current?.open) return;
    event.stopPropagation();
    ref.current.open = false;
    ref.current.querySelector('summary')?.focus();
  };
  return (
    <details ref={ref} class={`popover ${className}`} onKeyDown={onKeyDown}>
      <summary>
        {label}
        {mark !== '' && (
          <>
            {' '}
            <span class="count bad">{mark}</span>
          </>
        )}
      </summary>
      <div class="popover-body">{children}</div>
    </details>
  );
}
