// The chart: the backlog and the replication lag over time, on the colour of what state the pair was in then, with marks.
import uPlot from 'uplot';
import { timeOfDay } from '../nodes/words.ts';
import type { Mood } from '../recording/condition.ts';
import { drawingScale } from '../state/presenting.ts';
import type { MarkKind, Series } from './series.ts';

export interface ChartColours {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly moods: Readonly<Record<Mood, string>>;
}

/** Of the strip that shows the state, in pixels of the page. */
const STRIP = 7;
export const CHART_HEIGHT = 128;
/** Of both axes, so that what stands below can be as wide as the plot. */
export const AXIS_SIZE = 52;

export const GLYPHS: Readonly<Record<MarkKind, string>> = {
  kill: '✕',
  start: '▲',
  fault: '⚡',
  heal: '✓',
  promote: '♛',
};

export interface Chart {
  show(series: Series, from: number, to: number): void;
  resize(width: number): void;
  /** Milliseconds at a distance from the left of the plot, in pixels. */
  timeAt(x: number): number;
  /** Pixels from the left of the plot, at a time in milliseconds. */
  xAt(t: number): number;
  readonly over: HTMLElement;
  destroy(): void;
}

export function createChart(element: HTMLElement, width: number, colours: () => ChartColours): Chart {
  let series: Series = { samples: [], marks: [] };
  let range: [number, number] = [0, 1];
  const plot = new uPlot(
    optionsOf(
      width,
      colours,
      () => series,
      () => range,
    ),
    [[], [], []],
    element,
  );

  return {
    show(shown, from, to) {
      series = shown;
      range = [from / 1000, to / 1000];
      const { samples } = shown;
      plot.setData([
        samples.map(({ at }) => at / 1000),
        samples.map(({ owed }) => owed),
        samples.map(({ lagMs }) => lagMs),
      ]);
    },
    resize: (wide) => plot.setSize({ width: wide, height: CHART_HEIGHT }),
    timeAt: (x) => plot.posToVal(x, 'x') * 1000,
    xAt: (t) => plot.valToPos(t / 1000, 'x'),
    over: plot.over,
    destroy: () => plot.destroy(),
  };
}

type Told = () => Series;

function optionsOf(
  width: number,
  colours: () => ChartColours,
  told: Told,
  range: () => [number, number],
): uPlot.Options {
  const scale = drawingScale.peek();
  const axis = {
    stroke: () => colours().muted,
    grid: { show: false },
    ticks: { show: false },
    font: `${12 * scale}px system-ui, sans-serif`,
  };
  return {
    width,
    height: CHART_HEIGHT,
    padding: [14, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range },
      owed: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.15)] },
      lag: { distr: 3, range: () => [1, 1_000_000] },
    },
    axes: [
      {
        ...axis,
        size: 24 * scale,
        space: 90 * scale,
        values: (_plot, splits, _axis, _space, step) => splits.map((at) => axisTime(at, step)),
      },
      {
        ...axis,
        scale: 'owed',
        size: AXIS_SIZE * scale,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000],
      },
      { ...axis, scale: 'lag', side: 1, size: AXIS_SIZE * scale, values: (_plot, splits) => splits.map(lagText) },
    ],
    series: [
      {},
      {
        scale: 'owed',
        stroke: () => colours().text,
        width: 2,
        paths: uPlot.paths.stepped?.({ align: 1 }),
        points: { show: false },
      } as uPlot.Series,
      {
        scale: 'lag',
        stroke: () => colours().accent,
        width: 1,
        dash: [4, 3],
        points: { show: true, size: 4, fill: () => colours().accent, width: 0 },
        spanGaps: false,
      } as uPlot.Series,
    ],
    hooks: {
      drawClear: [(plot) => drawMoods(plot, told(), colours())],
      draw: [(plot) => drawMarks(plot, told(), colours())],
    },
  };
}

/** Of the time axis: with seconds where they tell lines apart. */
const axisTime = (at: number, step: number): string => timeOfDay(at * 1000).slice(0, step < 60 ? 8 : 5);

const LAGS: Readonly<Record<number, string>> = { 1: '1 ms', 100: '100 ms', 10000: '10 s', 1000000: '17 min' };
const lagText = (value: number | null): string => (value === null ? '' : (LAGS[value] ?? ''));

/** Behind everything: a tint over the whole height, and a strip of the full colour at the bottom. */
function drawMoods(plot: uPlot, { samples }: Series, { moods }: ChartColours): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (let i = 0; i < samples.length; ) {
    const first = samples[i];
    if (!first) break;
    let end = i;
    while (samples[end]?.mood === first.mood) end++;
    const left = plot.valToPos(first.at / 1000, 'x', true);
    const right = plot.valToPos((samples[end]?.at ?? (samples.at(-1)?.at ?? 0) + 1000) / 1000, 'x', true);
    ctx.fillStyle = moods[first.mood];
    ctx.globalAlpha = first.mood === 'good' ? 0.07 : 0.16;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bbox.top + bbox.height - STRIP * ratio, right - left, STRIP * ratio);
    i = end;
  }
  ctx.restore();
}

function drawMarks(plot: uPlot, { marks }: Series, { text, line, moods }: ChartColours): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio * drawingScale.peek();
  const tones = { kill: moods.down, start: text, fault: moods.failing, heal: moods.good, promote: moods.behind };
  ctx.save();
  ctx.textAlign = 'center';
  ctx.font = `${13 * ratio}px system-ui, sans-serif`;
  for (const { at, kind } of marks) {
    const x = plot.valToPos(at / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = line;
    ctx.lineWidth = ratio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillStyle = tones[kind];
    ctx.fillText(GLYPHS[kind], x, bbox.top - 3 * ratio);
  }
  ctx.restore();
}
