// What moves on the stage: the tube, the tokens on their ways, the queue at the mouth, the tray, the crown.
import { type NodeName, nodeLetter, otherNode } from '../recording/observation.ts';
import { isGone, MAX_QUEUED } from '../recording/story.ts';
import { isStill } from '../state/motion.ts';
import { picture, story } from '../state/playback.ts';
import { drawingScale } from '../state/presenting.ts';
import {
  type Geometry,
  laneOf,
  middle,
  mouthOf,
  type Point,
  pointOn,
  ROW,
  slotAt,
  TUBE_WIDTH,
  wayOf,
} from './geometry.ts';
import { TokenShape } from './token-shape.tsx';

export function Moving({ geometry }: { readonly geometry: Geometry }) {
  const { boxes } = geometry;
  return (
    <svg
      class="moving"
      width={boxes.width * drawingScale.value}
      height={boxes.height * drawingScale.value}
      viewBox={`0 0 ${boxes.width} ${boxes.height}`}
      aria-hidden="true"
    >
      <Lanes geometry={geometry} />
      <Tube geometry={geometry} />
      <Tray geometry={geometry} />
      <Tokens geometry={geometry} />
      <Crown geometry={geometry} />
    </svg>
  );
}

/** The ways of the client's requests: to the node that leads, and thinner to the other one. */
function Lanes({ geometry }: { readonly geometry: Geometry }) {
  const { on } = picture.value.crown;
  return (
    <>
      {(['b', 'a'] as const).map((node) => (
        <polyline key={node} class="lane" data-leads={on === node} points={pointsOf(laneOf(geometry, node))} />
      ))}
    </>
  );
}

const pointsOf = (way: readonly Point[]): string => way.map(({ x, y }) => `${x},${y}`).join(' ');

function Tube({ geometry }: { readonly geometry: Geometry }) {
  const { tube, isTall } = geometry;
  const { on } = picture.value.crown;
  const { nodes } = story.value;
  const replica = on ? nodes[otherNode(on)] : undefined;
  const circuit = on ? nodes[on].circuit : 'closed';
  const isBroken = replica !== undefined && isGone(replica);
  return (
    <g class="tube" data-broken={isBroken}>
      <rect
        x={tube.x - (isTall ? 0 : 1)}
        y={tube.y - (isTall ? 1 : 0)}
        width={tube.width + (isTall ? 0 : 2)}
        height={tube.height + (isTall ? 2 : 0)}
        rx="2"
      />
      <Arrows geometry={geometry} isToB={on !== 'b'} />
      {on && circuit !== 'closed' && <Gate geometry={geometry} at={mouthOf(geometry, on)} state={circuit} />}
    </g>
  );
}

/** Which way records go. */
function Arrows({ geometry: { tube, isTall }, isToB }: { readonly geometry: Geometry; readonly isToB: boolean }) {
  const length = isTall ? tube.height : tube.width;
  const number = Math.max(1, Math.floor(length / 90));
  const turn = (isTall ? 90 : 0) + (isToB ? 0 : 180);
  return (
    <g class="arrows">
      {Array.from({ length: number }, (_, i) => {
        const along = (length * (i + 0.5)) / number;
        const [x, y] = isTall ? [tube.x + TUBE_WIDTH / 2, tube.y + along] : [tube.x + along, tube.y + TUBE_WIDTH / 2];
        return <path key={i} d="M-4 -6L3 0L-4 6" transform={`translate(${x} ${y}) rotate(${turn})`} />;
      })}
    </g>
  );
}

/** The circuit breaker at the mouth: a bar across the tube. */
function Gate({
  geometry,
  at,
  state,
}: {
  readonly geometry: Geometry;
  readonly at: Point;
  readonly state: 'open' | 'half_open';
}) {
  const { isTall } = geometry;
  const { on } = picture.value.crown;
  const inside = on === 'a' ? 14 : -14;
  const [x, y] = isTall ? [at.x, at.y + inside] : [at.x + inside, at.y];
  return (
    <g
      class="gate"
      data-state={state}
      transform={`translate(${x} ${y}) rotate(${(isTall ? 90 : 0) + (state === 'open' ? 0 : 40)})`}
    >
      <path d={`M0 ${-TUBE_WIDTH / 2 - 5}V${TUBE_WIDTH / 2 + 5}`} />
    </g>
  );
}

/** Divergent writes lie here until someone acknowledges them. */
function Tray({ geometry }: { readonly geometry: Geometry }) {
  const { count } = story.value.tray;
  if (count === 0) return null;
  const { x, y } = geometry.tray;
  return (
    <g class="tray" transform={`translate(${x} ${y})`}>
      <path d="M-58 -12V10Q-58 16 -52 16H52Q58 16 58 10V-12" />
      <text y="6">{count.toLocaleString('en')} divergent</text>
    </g>
  );
}

function Tokens({ geometry }: { readonly geometry: Geometry }) {
  const { tokens, owed, owedMore: more, queued, crown } = picture.value;
  const drawn = isStill.value ? tokens.filter(({ isWaiting }) => isWaiting) : tokens;
  const owner = crown.on ?? 'a';
  return (
    <g class="tokens">
      {drawn.map((token) => (
        <TokenShape
          key={token.id}
          token={token}
          geometry={geometry}
          at={pointOn(wayOf(geometry, token), token.progress)}
        />
      ))}
      {owed === 0 && <Caption at={slotAt(geometry, owner, 0)} />}
      {more > 0 && (
        <More at={endOfQueue(geometry, owner, Math.min(queued, MAX_QUEUED))} count={more} isAlone={queued === 0} />
      )}
    </g>
  );
}

/** Below the last of the queue; above it where the queue grows upwards. */
function endOfQueue(geometry: Geometry, owner: NodeName, queued: number): Point {
  const { columns, rows } = geometry.queue;
  const { isTall } = geometry;
  if (queued < columns * rows) return slotAt(geometry, owner, queued);
  const last = slotAt(geometry, owner, isTall ? queued - columns : rows - 1);
  return { x: last.x, y: last.y + (isTall && owner === 'b' ? -ROW : ROW) };
}

/** Where the queue is going to be. */
function Caption({ at: { x, y } }: { readonly at: Point }) {
  return (
    <text class="caption" x={x} y={y + 4}>
      backlog: empty
    </text>
  );
}

function More({ at, count, isAlone }: { readonly at: Point; readonly count: number; readonly isAlone: boolean }) {
  return (
    <text class="more-owed" x={at.x} y={at.y + 4}>
      {isAlone ? '' : '+ '}
      {count.toLocaleString('en')} {isAlone ? (count === 1 ? 'waits' : 'wait') : 'more'}
    </text>
  );
}

function Crown({ geometry: { boxes } }: { readonly geometry: Geometry }) {
  const { on, before, progress } = picture.value.crown;
  if (!on) return null;
  const centre = (node: NodeName) => middle(node === 'a' ? boxes.crownA : boxes.crownB);
  const [from, to] = [centre(before ?? on), centre(on)];
  const part = isStill.value ? 1 : progress;
  const x = from.x + (to.x - from.x) * part;
  const y = from.y + (to.y - from.y) * part - Math.sin(part * Math.PI) * (before ? 26 : 0);
  return (
    <g class="crown" transform={`translate(${x} ${y})`}>
      <title>{`Node ${nodeLetter(on)} leads`}</title>
      <path d="M-11 7L-12 -6L-5.5 -0.5L0 -9L5.5 -0.5L12 -6L11 7Z" />
    </g>
  );
}
