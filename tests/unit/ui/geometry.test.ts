// Where tokens are on the stage: within it, at every width, and never beside their ways.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NodeName } from '../../../ui/recording/observation.ts';
import type { Place } from '../../../ui/recording/story.ts';
import {
  type Boxes,
  geometryOf,
  pointOn,
  roomFor,
  shortened,
  slotAt,
  tokenWidth,
  wayOf,
} from '../../../ui/stage/geometry.ts';

const RUNS = { numRuns: 100, seed: 12 };

/** As the styles place them: side by side, or below each other. */
function boxesOf(width: number): Boxes {
  if (width < 848) {
    const node = (y: number) => ({ x: 0, y, width: width - 14, height: 260 });
    const track = (y: number) => ({ x: width - 74, y, width: 40, height: 260 });
    const crown = (y: number) => ({ x: 16, y: y + 12, width: 26, height: 20 });
    const client = { x: 0, y: 4, width: width - 14, height: 44 };
    return {
      width,
      height: 800,
      client,
      a: node(76),
      b: node(536),
      trackA: track(76),
      trackB: track(536),
      crownA: crown(76),
      crownB: crown(536),
    };
  }
  const node = (width - 88 - 40 - 22) / 3.25;
  const gap = node * 1.25;
  const [x, y] = [128, 20];
  const box = (left: number) => ({ x: left, y, width: node, height: 320 });
  const track = (left: number) => ({ x: left, y: y + 68, width: node, height: 40 });
  const crown = (left: number) => ({ x: left + 16, y: y + 12, width: 26, height: 20 });
  const b = x + node + gap;
  const client = { x: 0, y: 72, width: 88, height: 72 };
  return {
    width,
    height: 350,
    client,
    a: box(x),
    b: box(b),
    trackA: track(x),
    trackB: track(b),
    crownA: crown(x),
    crownB: crown(b),
  };
}

const width = fc.integer({ min: 320, max: 2500 });
const node = fc.constantFrom<NodeName>('a', 'b');
const place = fc.constantFrom<Place>('client', 'a', 'b', 'queue', 'tray');

describe('the geometry of the stage', () => {
  test('keeps every token within the stage, wherever it is on its way', () => {
    fc.assert(
      fc.property(
        width,
        node,
        place,
        place,
        fc.integer({ min: 0, max: 11 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (wide, owner, from, to, slot, part) => {
          const geometry = geometryOf(boxesOf(wide));
          const { x, y } = pointOn(wayOf(geometry, { from, to, owner, slot }), part);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(wide);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(y).toBeLessThanOrEqual(geometry.boxes.height);
        },
      ),
      RUNS,
    );
  });

  test('has the tokens of the queue stand beside each other, and beside the nodes', () => {
    fc.assert(
      fc.property(width, node, (wide, owner) => {
        const geometry = geometryOf(boxesOf(wide));
        const room = roomFor(geometry, true);
        const half = (tokenWidth('x'.repeat(room)) + 16) / 2;
        const slots = Array.from({ length: 12 }, (_, i) => slotAt(geometry, owner, i));
        for (const [i, one] of slots.entries()) {
          for (const other of slots.slice(i + 1))
            expect(Math.abs(one.y - other.y) >= 26 || Math.abs(one.x - other.x) >= 2 * half).toBe(true);
          if (geometry.isTall) continue;
          expect(one.x - half).toBeGreaterThanOrEqual(geometry.tube.x);
          expect(one.x + half).toBeLessThanOrEqual(geometry.tube.x + geometry.tube.width);
        }
      }),
      RUNS,
    );
  });

  test('has a way begin where the one before has ended', () => {
    fc.assert(
      fc.property(width, node, fc.integer({ min: 0, max: 11 }), (wide, owner, slot) => {
        const geometry = geometryOf(boxesOf(wide));
        const other = owner === 'a' ? 'b' : 'a';
        const ways: readonly (readonly [Place, Place])[] = [
          ['client', owner],
          [owner, other],
          [other, 'queue'],
          ['queue', other],
          [other, owner],
        ];
        for (const [i, [from, to]] of ways.entries()) {
          const next = ways[i + 1];
          if (!next) continue;
          const end = pointOn(wayOf(geometry, { from, to, owner, slot }), 1);
          const start = pointOn(wayOf(geometry, { from: next[0], to: next[1], owner, slot }), 0);
          expect(Math.hypot(end.x - start.x, end.y - start.y)).toBeLessThan(0.01);
        }
      }),
      RUNS,
    );
  });

  test('shortens a key in its middle', () => {
    expect(shortened('short', 8)).toBe('short');
    expect(shortened('session/2026/ada', 9)).toBe('sessi…ada');
  });
});
