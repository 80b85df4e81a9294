// What just happened, in words: a list, and what is read to those who listen, at a pace that can be followed.
import { useComputed } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { timeOfDay } from '../nodes/words.ts';
import type { Sentence } from '../recording/story.ts';
import { isLive, calmPicture as picture } from '../state/playback.ts';
import { Term } from './term.tsx';

const SHOWN = 5;
/** Between two sentences that are read out, in milliseconds. */
export const PAUSE_MS = 2500;

export function Happened() {
  const newest = useComputed(() => picture.value.told.slice(-SHOWN).reverse());
  return (
    <section class="happened" aria-labelledby="happened-title">
      <h3 id="happened-title">What just happened</h3>
      <ol>
        {newest.value.map((sentence) => (
          <li key={sentence.id} data-kind={sentence.kind} data-tone={sentence.tone}>
            <time>{timeOfDay(sentence.at)}</time>
            <span>
              {sentence.text}
              {sentence.times > 1 && <b class="times"> ×{sentence.times.toLocaleString('en')}</b>}
              {sentence.term && (
                <>
                  {' '}
                  <Term term={sentence.term} />
                </>
              )}
            </span>
          </li>
        ))}
        {newest.value.length === 0 && <li class="none">Nothing yet. Write a value, and watch it go.</li>}
      </ol>
      <ReadOut sentences={picture.value.told} />
    </section>
  );
}

/** Reads the newest sentence, and how many went before it unread. */
function ReadOut({ sentences }: { readonly sentences: readonly Sentence[] }) {
  const [text, setText] = useState('');
  // What happened before the page was opened can be read, and is no news.
  const since = useRef(Date.now());
  const last = useRef(0);
  const latest = useRef(sentences);
  latest.current = sentences;
  useEffect(() => {
    const timer = setInterval(() => {
      const unread = latest.current.filter(
        ({ id, at }) => id > last.current && (at >= since.current || !isLive.peek()),
      );
      const newest = unread.at(-1);
      if (!newest) return;
      last.current = newest.id;
      setText(unread.length > 1 ? `${newest.text} And ${unread.length - 1} more before that.` : newest.text);
    }, PAUSE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="hidden" aria-live="polite">
      {text}
    </p>
  );
}
