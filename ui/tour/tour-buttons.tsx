// In the head of the page: the guided tour, and the page for a projector.
import { isPresenting } from '../state/presenting.ts';
import { closeTour, openTour, togglePresenting, tour } from './state.ts';

export function TourButtons() {
  const isOpen = tour.value !== undefined;
  return (
    <div class="head-tools">
      <button type="button" class="small" aria-expanded={isOpen} onClick={() => (isOpen ? closeTour() : openTour())}>
        Guided tour
      </button>
      <button
        type="button"
        class="small"
        aria-pressed={isPresenting.value}
        title="Larger, and with more contrast: for a projector"
        onClick={togglePresenting}
      >
        Present
      </button>
    </div>
  );
}
