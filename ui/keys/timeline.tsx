// Draws the timeline of a key: three lanes, and the same in words.
import { bodyOf } from '../nodes/exchange.ts';
import { clockTime } from '../nodes/words.ts';
import { nodeLetter } from '../recording/observation.ts';
import { exchanges } from '../state/exchanges.ts';
import { lead } from '../state/nodes.ts';
import { ownRecording } from '../state/playback.ts';
import type { KeyStatusTold } from './key-told.ts';
import { type Bar, type ClientWrite, type Lane, laneNode, scaleOf, timelineOf } from './timeline.ts';

const LANES: readonly Lane[] = ['client', 'primary', 'replica'];

export function Timeline({ status }: { status: KeyStatusTold }) {
  const bars = timelineOf({
    status,
    client: clientWrite(status),
    observations: ownRecording.observations,
    now: Date.now(),
  });
  const place = scaleOf(bars);
  const [first, last] = [bars[0], bars.at(-1)];
  return (
    <section aria-labelledby="timeline-title" class="timeline">
      <h3 id="timeline-title">Timeline of version {status.version}</h3>
      <div class="lanes" aria-hidden="true">
        {LANES.map((lane) => (
          <LaneRow key={lane} lane={lane} bars={bars.filter((bar) => bar.lane === lane)} place={place} />
        ))}
        {first && last && (
          <p class="lane-times">
            <span>{clockTime(first.from)}</span>
            <span>long waits are drawn shorter</span>
            <span>{clockTime(last.to)}</span>
          </p>
        )}
      </div>
      <ol class="timeline-words">
        {bars.map((bar) => (
          <li key={`${bar.lane} ${bar.kind} ${bar.from} ${bar.to}`}>
            <span class={`dot ${bar.kind}`} aria-hidden="true" />
            <span>{bar.words}</span> <small>{clockTime(bar.from)}</small>
          </li>
        ))}
      </ol>
    </section>
  );
}

function LaneRow({ lane, bars, place }: { lane: Lane; bars: readonly Bar[]; place: (time: number) => number }) {
  const node = laneNode(lane, lead.value.leader);
  return (
    <div class="lane">
      <span class="lane-name">
        {lane}
        {node && <small> {nodeLetter(node)}</small>}
      </span>
      <div class="lane-track">
        {bars.map((bar) => (
          <BarOf key={`${bar.kind} ${bar.from} ${bar.to}`} bar={bar} place={place} />
        ))}
      </div>
    </div>
  );
}

function BarOf({ bar, place }: { bar: Bar; place: (time: number) => number }) {
  const [from, to] = [place(bar.from), place(bar.to)];
  const style = { left: `${from * 100}%`, width: `${(to - from) * 100}%` };
  const isMoment = bar.from === bar.to;
  return (
    <span class={`bar ${bar.kind} ${isMoment ? 'moment' : ''}`} style={style} title={bar.words}>
      {!isMoment && <span>{bar.label}</span>}
    </span>
  );
}

/** The request of this page that made this version, if one did. */
function clientWrite({ key, version, epoch }: KeyStatusTold): ClientWrite | undefined {
  for (const { exchange } of exchanges.value) {
    const { request, response, startedAt, durationMs } = exchange;
    if (request.key !== key || (request.method !== 'PUT' && request.method !== 'DELETE') || !response) continue;
    const body = bodyOf(response);
    if (body.version !== version || body.epoch !== epoch) continue;
    return { method: request.method, startedAt, durationMs, status: response.status };
  }
  return undefined;
}
