// Measures where the boxes of the stage are, whenever one of them changes its size.
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { drawingScale } from '../state/presenting.ts';
import { type Box, type Boxes, type Geometry, geometryOf } from './geometry.ts';

const NAMES = ['client', 'a', 'b', 'trackA', 'trackB', 'crownA', 'crownB'] as const;

/** @param stage has elements with `data-box`, each named like a box */
export function useGeometry(stage: RefObject<HTMLElement | null>): Geometry | undefined {
  const [geometry, setGeometry] = useState<Geometry>();
  const scale = drawingScale.value;
  useLayoutEffect(() => {
    const element = stage.current;
    if (!element) return;
    const measure = () => {
      const boxes = measured(element, scale);
      if (boxes) setGeometry((before) => (before && isSame(before.boxes, boxes) ? before : geometryOf(boxes)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const box of element.querySelectorAll('[data-box]')) observer.observe(box);
    return () => observer.disconnect();
  }, [stage, scale]);
  return geometry;
}

/** @param scale what is measured is given in units of so many pixels */
function measured(stage: HTMLElement, scale: number): Boxes | undefined {
  const origin = stage.getBoundingClientRect();
  const boxes: Partial<Record<(typeof NAMES)[number], Box>> = {};
  for (const name of NAMES) {
    const element = stage.querySelector(`[data-box="${name}"]`);
    if (!element) return undefined;
    const { left, top, width, height } = element.getBoundingClientRect();
    boxes[name] = {
      x: (left - origin.left) / scale,
      y: (top - origin.top) / scale,
      width: width / scale,
      height: height / scale,
    };
  }
  return {
    width: origin.width / scale,
    height: origin.height / scale,
    ...(boxes as Record<(typeof NAMES)[number], Box>),
  };
}

const isSame = (one: Boxes, other: Boxes): boolean =>
  one.width === other.width &&
  one.height === other.height &&
  NAMES.every((name) =>
    (['x', 'y', 'width', 'height'] as const).every((side) => Math.abs(one[name][side] - other[name][side]) < 0.5),
  );
