// Measures where the boxes of the stage are, whenever one of them changes its size.
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { type Box, type Boxes, type Geometry, geometryOf } from './geometry.ts';

const NAMES = ['client', 'a', 'b', 'trackA', 'trackB', 'crownA', 'crownB'] as const;

/** @param stage has elements with `data-box`, each named like a box */
export function useGeometry(stage: RefObject<HTMLElement | null>): Geometry | undefined {
  const [geometry, setGeometry] = useState<Geometry>();
  useLayoutEffect(() => {
    const element = stage.current;
    if (!element) return;
    const measure = () => {
      const boxes = measured(element);
      if (boxes) setGeometry((before) => (before && isSame(before.boxes, boxes) ? before : geometryOf(boxes)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const box of element.querySelectorAll('[data-box]')) observer.observe(box);
    return () => observer.disconnect();
  }, [stage]);
  return geometry;
}

function measured(stage: HTMLElement): Boxes | undefined {
  const origin = stage.getBoundingClientRect();
  const boxes: Partial<Record<(typeof NAMES)[number], Box>> = {};
  for (const name of NAMES) {
    const element = stage.querySelector(`[data-box="${name}"]`);
    if (!element) return undefined;
    const { left, top, width, height } = element.getBoundingClientRect();
    boxes[name] = { x: left - origin.left, y: top - origin.top, width, height };
  }
  return { width: origin.width, height: origin.height, ...(boxes as Record<(typeof NAMES)[number], Box>) };
}

const isSame = (one: Boxes, other: Boxes): boolean =>
  one.width === other.width &&
  one.height === other.height &&
  NAMES.every((name) =>
    (['x', 'y', 'width', 'height'] as const).every((side) => Math.abs(one[name][side] - other[name][side]) < 0.5),
  );
