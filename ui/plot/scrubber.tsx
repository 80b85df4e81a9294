// The same as dragging over the plot, for the keyboard and for those who listen.
import type { Signal } from '@preact/signals';
import { useComputed } from '@preact/signals';
import { timeOfDay } from '../nodes/words.ts';
import { seekTo, shownAt } from '../state/playback.ts';
import type { Series } from './series.ts';

/** One press of an arrow key, in milliseconds. */
const STEP_MS = 250;

interface Props {
  readonly series: Signal<Series>;
  readonly range: Signal<{ readonly from: number; readonly to: number }>;
}

export function Scrubber({ series, range }: Props) {
  const { from, to } = range.value;
  // By the second: what is said of a slider changes while it is live.
  const second = useComputed(() => Math.floor(shownAt.value / 1000) * 1000);
  const sample = series.value.samples.findLast(({ at }) => at <= second.value);
  const state = sample ? `, ${sample.title}, ${sample.owed} waiting` : '';
  return (
    <input
      class="scrubber"
      type="range"
      aria-label="Time that the stage shows"
      aria-valuetext={`${timeOfDay(second.value)}${state}`}
      min={from}
      max={to}
      step={STEP_MS}
      value={Math.min(to, Math.max(from, shownAt.value))}
      onInput={({ currentTarget }) => seekTo(Number(currentTarget.value))}
    />
  );
}
