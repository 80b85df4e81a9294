// The colours of the page, for a canvas: as the theme has them now.
import type { ChartColours } from './chart.ts';

export function coloursOf(element: HTMLElement): ChartColours {
  const probe = element.ownerDocument.createElement('span');
  element.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [good, warn, bad, muted] = [read('good'), read('warn'), read('bad'), read('muted')];
  const colours = {
    text: read('text'),
    muted,
    line: read('edge'),
    accent: read('accent'),
    moods: { good, behind: warn, failing: bad, down: bad, unknown: muted },
  };
  probe.remove();
  return colours;
}
