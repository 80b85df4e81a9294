// Whether the page is for a projector: larger, and with more contrast.
import { computed, signal } from '@preact/signals';

export const isPresenting = signal(false);

/** How much larger that is drawn which is measured in pixels: 12 of them are 18 then. */
export const drawingScale = computed(() => (isPresenting.value ? 1.5 : 1));
