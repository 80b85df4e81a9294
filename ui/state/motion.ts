// Whether things may move on this page.
import { signal } from '@preact/signals';

const query = typeof matchMedia === 'function' ? matchMedia('(prefers-reduced-motion: reduce)') : undefined;

export const isStill = signal(query?.matches ?? false);
query?.addEventListener('change', ({ matches }) => {
  isStill.value = matches;
});
