// Live or replayed, how fast; and the recording as a file.
import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { timeOfDay } from '../nodes/words.ts';
import { Problem, problemText } from '../parts/problem.tsx';
import { SPEEDS } from '../recording/clock.ts';
import { exported, fileName } from '../recording/file.ts';
import { goLive, isLive, playback, setPlaying, setSpeed, shownAt, source } from '../state/playback.ts';
import { openFile, openLinked, replayPath } from './replay-link.ts';

export function Controls() {
  const error = useSignal('');
  const attempt = (deed: Promise<void>) => {
    error.value = '';
    deed.catch((problem: unknown) => {
      error.value = problemText(problem);
    });
  };
  useEffect(() => {
    const path = replayPath(location.search);
    if (path !== undefined) attempt(openLinked(path));
  }, []);
  const toLiveAgain = () => {
    error.value = '';
    toLive();
  };
  const { isPlaying, speed, mode } = playback.value;
  const plays = mode === 'replay' && isPlaying;
  return (
    <>
      <fieldset class="controls" aria-label="Replay">
        <ShownTime />
        <button type="button" class="live" aria-pressed={isLive.value} onClick={toLiveAgain}>
          Live
        </button>
        <button type="button" onClick={() => setPlaying(!plays)} aria-label={plays ? 'Pause' : 'Replay'}>
          {plays ? '❚❚' : '▶'}
        </button>
        <label>
          <span class="hidden">Speed</span>
          <select value={String(speed)} onChange={({ currentTarget }) => setSpeed(Number(currentTarget.value))}>
            {SPEEDS.map((each) => (
              <option key={each} value={String(each)}>
                {each}×
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          onClick={() => download()}
          title="Saves this recording as a file, which replays without nodes."
        >
          Export
        </button>
        <label class="open-file">
          Open
          <input
            type="file"
            accept=".json,application/json"
            aria-label="Open a recording"
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file) attempt(openFile(file));
              currentTarget.value = '';
            }}
          />
        </label>
      </fieldset>
      <Problem text={error.value} />
    </>
  );
}

/** Which time the stage shows, where it is not now. */
function ShownTime() {
  const text = useComputed(() => {
    if (isLive.value) return '';
    return timeOfDay(shownAt.value, true);
  });
  const { name, recording } = source.value;
  return (
    <span class="shown-time">
      {name !== undefined && <b title={name}>{name}</b>} {text}
      {recording.thinned > 0 && (
        <span title="Events that were counted only: more happened than is kept one by one."> · thinned</span>
      )}
    </span>
  );
}

/** A page that replays what its link says has not looked at any node: without that it begins to. */
function toLive(): void {
  const query = new URLSearchParams(location.search);
  if (!query.has('replay')) {
    goLive();
    return;
  }
  query.delete('replay');
  location.search = query.toString();
}

function download(): void {
  const { recording } = source.peek();
  const url = URL.createObjectURL(new Blob([exported(recording)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName(recording);
  link.click();
  URL.revokeObjectURL(url);
}
