// The plot of the last ten minutes, which is also the scrubber: dragged, it replays what happened.
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { KEPT_MS } from '../recording/recording.ts';
import { seekTo, shownAt, source, spanNow } from '../state/playback.ts';
import { type Chart, createChart } from './chart.ts';
import { coloursOf } from './colours.ts';
import { Controls } from './controls.tsx';
import { Scrubber } from './scrubber.tsx';
import { createSampler, type Series } from './series.ts';

/** The least that is shown, in milliseconds. */
const SHORTEST_MS = 120_000;
const EMPTY: Series = { samples: [], marks: [] };

export function Plot() {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart>(undefined);
  const series = useSignal<Series>(EMPTY);
  const range = useSignal({ from: 0, to: 1 });
  const sampler = useComputed(() => createSampler(source.value.recording));

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let colours = coloursOf(element);
    const made = createChart(element, element.clientWidth, () => colours);
    chart.current = made;
    const update = () => {
      const span = spanNow();
      const { to } = span;
      const from = Math.max(span.from, to - KEPT_MS);
      range.value = { from: Math.min(from, to - SHORTEST_MS), to };
      series.value = sampler.peek().upTo(to);
      made.show(series.value, range.value.from, to);
    };
    update();
    const timer = setInterval(update, 1000);
    const observer = new ResizeObserver(() => made.resize(element.clientWidth));
    observer.observe(element);
    const theme = matchMedia('(prefers-color-scheme: dark)');
    const recolour = () => {
      colours = coloursOf(element);
      update();
    };
    theme.addEventListener('change', recolour);
    const stop = dragging(made);
    const unsubscribe = source.subscribe(update);
    return () => {
      clearInterval(timer);
      observer.disconnect();
      theme.removeEventListener('change', recolour);
      stop();
      unsubscribe();
      made.destroy();
    };
  }, [range, series, sampler]);

  return (
    <section class="card plot" aria-label="The last ten minutes">
      <div class="plot-head">
        <h3>The last ten minutes</h3>
        <p class="legend">
          <span class="key-backlog">backlog, records</span> <span class="key-lag">replication lag</span>
        </p>
        <Controls />
      </div>
      <div class="chart" ref={place}>
        <Playhead chart={chart} />
      </div>
      <Scrubber series={series} range={range} />
      <ChartWords series={series.value} />
    </section>
  );
}

/** Dragging over the plot replays. @returns ends it */
function dragging({ over, timeAt }: Chart): () => void {
  const seek = (event: PointerEvent) => seekTo(timeAt(event.clientX - over.getBoundingClientRect().left));
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    over.setPointerCapture(event.pointerId);
    seek(event);
  };
  const move = (event: PointerEvent) => {
    if (over.hasPointerCapture(event.pointerId)) seek(event);
  };
  over.addEventListener('pointerdown', down);
  over.addEventListener('pointermove', move);
  return () => {
    over.removeEventListener('pointerdown', down);
    over.removeEventListener('pointermove', move);
  };
}

/** A line at the time that the stage shows. */
function Playhead({ chart }: { readonly chart: { readonly current: Chart | undefined } }) {
  const line = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const t = shownAt.value;
    const made = chart.current;
    if (!line.current || !made) return;
    const x = made.xAt(t);
    if (line.current.parentElement !== made.over) made.over.append(line.current);
    line.current.style.transform = `translateX(${Math.max(0, Math.min(made.over.clientWidth, x)).toFixed(1)}px)`;
  });
  return <div class="playhead" ref={line} aria-hidden="true" />;
}

/** The plot in words. */
function ChartWords({ series: { samples, marks } }: { readonly series: Series }) {
  const most = samples.reduce((max, { owed }) => Math.max(max, owed), 0);
  const now = samples.at(-1);
  return (
    <p class="hidden">
      Backlog: {now?.owed ?? 0} now, {most} at most in this time. {now?.title}. {marks.length} marks:{' '}
      {marks
        .slice(-8)
        .map(({ text }) => text)
        .join(' ')}
    </p>
  );
}
