// One token: a record with its key, a tick, a question of the client, or a number of records.
import type { Drawn } from '../recording/picture.ts';
import { type Geometry, type Point, roomFor, shortened, TOKEN_HEIGHT, tokenWidth } from './geometry.ts';

interface Props {
  readonly token: Drawn;
  readonly geometry: Geometry;
  readonly at: Point;
}

/** For the ring of a token that waits, in pixels. */
const RING_ROOM = 16;

export function TokenShape({ token, geometry, at }: Props) {
  const { form, tone, opacity, label, ring, isTwin, isWaiting, deleted } = token;
  const isTick = form === 'tick' && token.from !== 'client' && token.to !== 'client' && !label.startsWith('×');
  const text = shortened(label, roomFor(geometry, isWaiting));
  const width = tokenWidth(text) + (isWaiting ? RING_ROOM : 0);
  return (
    <g
      class="token"
      data-id={token.id}
      data-key={label}
      data-form={form}
      data-tone={tone}
      data-waiting={isWaiting}
      data-twin={isTwin}
      transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}
      opacity={opacity < 1 ? opacity.toFixed(2) : undefined}
    >
      {isTick ? (
        <Tick />
      ) : (
        <>
          <rect x={-width / 2} y={-TOKEN_HEIGHT / 2} width={width} height={TOKEN_HEIGHT} rx={TOKEN_HEIGHT / 2} />
          <text y="4.5" x={isWaiting ? RING_ROOM / 2 : 0} class={deleted ? 'struck' : undefined}>
            {text}
          </text>
        </>
      )}
      {ring && <Ring part={ring.part} x={-width / 2 + TOKEN_HEIGHT / 2} />}
    </g>
  );
}

function Tick() {
  return (
    <>
      <circle r="11" />
      <path d="M-5 0.5L-1.5 4L5.5 -4" />
    </>
  );
}

const RADIUS = 7;
const ROUND = 2 * Math.PI * RADIUS;

/** What is left until the next attempt. */
function Ring({ part, x }: { readonly part: number; readonly x: number }) {
  return (
    <g class="ring" transform={`translate(${x} 0)`}>
      <circle
        class="left"
        r={RADIUS}
        stroke-dasharray={`${(ROUND * (1 - part)).toFixed(1)} ${ROUND.toFixed(1)}`}
        transform="rotate(-90)"
      />
    </g>
  );
}
