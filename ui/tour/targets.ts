// Where on the page that is what a task means: what is framed, and what gets the focus.
import type { NodeName } from '../recording/observation.ts';
import type { Target } from './deed.ts';

interface Place {
  /** The first that is there and seen is framed. */
  readonly frame: readonly string[];
  /** The first that is there and seen gets the focus. */
  readonly focus: readonly string[];
}

const node = (name: NodeName): string => `article[data-node="${name}"]`;

const PLACES: Readonly<Record<Extract<Target, string>, Place>> = {
  request: { frame: ['#request'], focus: ['#key'] },
  value: { frame: ['#request'], focus: ['#value'] },
  get: { frame: ['.field:has(> .source)'], focus: ['.field > .source input:checked'] },
  demonstration: { frame: ['.demonstration'], focus: ['.demonstration button:first-child'] },
  repair: { frame: ['.demonstration button:last-child'], focus: ['.demonstration button:last-child'] },
  tube: { frame: ['.drawer-faults', '.tube-place'], focus: ['.drawer-faults input', '.faults-button'] },
  divergent: { frame: ['.drawer-divergent', '#tab-divergent'], focus: ['.drawer-divergent', '#tab-divergent'] },
  live: { frame: ['.plot button.live'], focus: ['.plot button.live'] },
};

function placeOf(target: Target): Place {
  if (typeof target === 'string') return PLACES[target];
  if ('process' in target) {
    const actions = `${node(target.process)} .actions`;
    return { frame: [actions, node(target.process)], focus: [`${actions} button[aria-label]`, `${actions} button`] };
  }
  if ('promote' in target) {
    const offer = `${node(target.promote)} .promotion .offer button`;
    const button = `${node(target.promote)} .actions > button:first-child`;
    return { frame: [offer, button, node(target.promote)], focus: [offer, button] };
  }
  return { frame: [node(target.node)], focus: [] };
}

function firstSeen(selectors: readonly string[]): HTMLElement | undefined {
  for (const selector of selectors) {
    const element = document.querySelector<HTMLElement>(selector);
    if (element && element.getClientRects().length > 0) return element;
  }
  return undefined;
}

export const frameOf = (target: Target): HTMLElement | undefined => firstSeen(placeOf(target).frame);
export const focusOf = (target: Target): HTMLElement | undefined => firstSeen(placeOf(target).focus);
