// A frame around what the step means. It lies over the page: nothing moves for it, and it takes no clicks.
import { useEffect, useRef } from 'preact/hooks';
import type { Target } from './deed.ts';
import { frameOf } from './targets.ts';

/** Around the element, in pixels. */
const ROOM = 6;

export function Spotlight({ target }: { readonly target: Target | undefined }) {
  const frame = useRef<HTMLDivElement>(null);
  const latest = useRef(target);
  latest.current = target;
  useEffect(() => {
    let request = 0;
    const follow = () => {
      if (frame.current) place(frame.current, latest.current);
      request = requestAnimationFrame(follow);
    };
    follow();
    return () => cancelAnimationFrame(request);
  }, []);
  return <div ref={frame} class="spotlight" aria-hidden="true" />;
}

function place(frame: HTMLElement, target: Target | undefined): void {
  const element = target === undefined ? undefined : frameOf(target);
  const isShown = element !== undefined;
  if (frame.dataset.shown !== String(isShown)) frame.dataset.shown = String(isShown);
  if (!element) return;
  const isInDrawer = String(element.closest('.drawers') !== null);
  if (frame.dataset.above !== isInDrawer) frame.dataset.above = isInDrawer;
  const { left, top, width, height } = element.getBoundingClientRect();
  // What is smaller than before is told by the style alone; nothing is written that stays as it was.
  const to = `translate(${Math.round(left - ROOM)}px, ${Math.round(top - ROOM)}px)`;
  const [wide, high] = [`${Math.round(width + 2 * ROOM)}px`, `${Math.round(height + 2 * ROOM)}px`];
  if (frame.style.transform !== to) frame.style.transform = to;
  if (frame.style.width !== wide) frame.style.width = wide;
  if (frame.style.height !== high) frame.style.height = high;
}
