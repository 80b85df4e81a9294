// Draws again and again: with each frame of the screen while something moves, and else four times a second.
import { isStill } from '../state/motion.ts';
import { draw } from '../state/playback.ts';

const IDLE_MS = 250;

/** @returns ends it */
export function startDrawing(): () => void {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  function next(): void {
    if (isOver) return;
    const isMoving = draw(Date.now());
    if (isMoving && !isStill.value) frame = requestAnimationFrame(next);
    else
      timer = setTimeout(() => {
        frame = requestAnimationFrame(next);
      }, IDLE_MS);
  }

  next();
  return () => {
    isOver = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
