// What just happened, in words: a list, and what is read to those who listen, at a pace that can be followed.
import { useComputed } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { timeOfDay } from '../nodes/words.ts';
import type { Sentence } from '../recording/story.ts';
import { isLive, calmPicture as picture, calmAt as shownAt, calmStory as story } from '../state/playback.ts';
import { Term } from './term.tsx';

const SHOWN = 8;
/** What happened longer ago steps back, in milliseconds. */
const OLD_MS = 60_000;
/** Between two sentences that are read out, in milliseconds. */
export const PAUSE_MS = 2500;

export function Happened() {
  const newest = useComputed(() => picture.value.told.slice(-SHOWN).reverse());
  return (
    <section class="card happened" aria-labelledby="happened-title">
      <h3 id="happened-title">What just happened</h3>
      <Notes />
      <ol>
        {newest.value.map((sentence) => (
          <li
            key={sentence.id}
            data-kind={sentence.kind}
            data-tone={sentence.tone}
            data-old={shownAt.value - sentence.at > OLD_MS}
          >
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

/** What the picture leaves out. */
function Notes() {
  const { a, b } = story.value.nodes;
  const { thinned } = picture.value;
  if (a.isTelling === false || b.isTelling === false)
    return (
      <p class="hint">
        These nodes do not tell what happens to each record (fault injection is off there): states are drawn, and no
        records on their way.
      </p>
    );
  if (thinned === 0) return null;
  return <p class="hint">{thinned.toLocaleString('en')} events in two seconds: a number stands for many records.</p>;
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
