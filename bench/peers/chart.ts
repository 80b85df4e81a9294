// A bar chart as SVG, readable on a light and on a dark page.

export interface Chart {
  readonly title: string;
  /** What the bars of a row are, in their order. */
  readonly series: readonly string[];
  readonly rows: ReadonlyArray<{ readonly label: string; readonly values: readonly number[] }>;
}

const WIDTH = 760;
const LABELS = 230;
const RIGHT = 80;
const BAR = 14;
const ROW_GAP = 14;
const TOP = 64;
const COLOURS = ['#4358d8', '#0f8a5f', '#b3541e'];

/** @returns the text of an SVG file; the longest bar is as long as there is room */
export function barChart({ title, series, rows }: Chart): string {
  const rowHeight = series.length * (BAR + 2) + ROW_GAP;
  const height = TOP + rows.length * rowHeight;
  const most = Math.max(...rows.flatMap(({ values }) => values), 1);
  const lengthOf = (value: number) => Math.round((value / most) * (WIDTH - LABELS - RIGHT));
  const legend = series.map((name, i) => {
    const x = LABELS + i * 170;
    return `<rect x="${x}" y="34" width="12" height="12" rx="2" fill="${COLOURS[i]}"/><text x="${x + 18}" y="44">${escaped(name)}</text>`;
  });
  const bars = rows.flatMap(({ label, values }, row) => {
    const top = TOP + row * rowHeight;
    const middle = top + (series.length * (BAR + 2)) / 2 + 4;
    return [
      `<text x="${LABELS - 12}" y="${middle}" text-anchor="end">${escaped(label)}</text>`,
      ...values.map((value, i) => {
        const y = top + i * (BAR + 2);
        const length = lengthOf(value);
        const number = Math.round(value).toLocaleString('en');
        return `<rect x="${LABELS}" y="${y}" width="${length}" height="${BAR}" rx="2" fill="${COLOURS[i]}"/><text x="${LABELS + length + 6}" y="${y + 11}" class="number">${number}</text>`;
      }),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>text{font:13px system-ui,sans-serif;fill:#3b4252}.number{font-size:11px}.title{font-size:15px;font-weight:600}@media(prefers-color-scheme:dark){text{fill:#d5dae6}}</style>
<text x="0" y="18" class="title">${escaped(title)}</text>
${[...legend, ...bars].join('\n')}
</svg>
`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
