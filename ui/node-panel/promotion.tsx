// The button of a promotion while the node is the replica, what became of it, and the offer to force it.
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import type { Seen } from '../watch/seen.ts';
import type { Promotion } from './promotion.ts';

interface Props {
  readonly promotion: Promotion;
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly notice: RefObject<HTMLDivElement | null>;
}

export function PromoteButton({ promotion, seen, button, notice }: Props & { readonly seen: Seen }) {
  const isOffered = seen.isAnswering && seen.role === 'replica';
  useEffect(() => promotion.learn(seen), [promotion, seen]);
  // A button that goes leaves the focus to what was said.
  useLayoutEffect(() => {
    if (!isOffered && document.activeElement === document.body) return;
    if (!isOffered && document.activeElement === button.current) notice.current?.focus({ preventScroll: true });
  }, [isOffered, button, notice]);
  return (
    <button ref={button} type="button" hidden={!isOffered} onClick={() => promotion.promote(false)}>
      Promote
    </button>
  );
}

export function PromotionNotice({ promotion, button, notice }: Props) {
  const said = promotion.said.value;
  const force = () => {
    // The button that was pressed goes.
    notice.current?.focus({ preventScroll: true });
    void promotion.promote(true);
  };
  const leave = () => {
    promotion.leave();
    button.current?.focus({ preventScroll: true });
  };
  return (
    <div ref={notice} class="notice promotion" tabIndex={-1} hidden={!said} data-tone={said?.tone}>
      <p role="status">{said?.text}</p>
      {said?.isForcible && (
        <div class="offer">
          <p class="hint">Without the primary: writes that only it has become divergent.</p>
          <button type="button" onClick={force}>
            Promote without the primary
          </button>
          <button type="button" onClick={leave}>
            Not now
          </button>
        </div>
      )}
    </div>
  );
}
