// The quiz at the end of the tour: one question after the other, each with its answer explained.
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { perform } from './perform.ts';
import { isRight, type Question, questionsOf } from './quiz.ts';
import { closeTour, go, tour } from './state.ts';
import { QUIZ } from './tour.ts';

export function Quiz() {
  const ready = useComputed(() => (tour.value ? questionsOf(tour.value.world) : []));
  // What is asked stays as it was made, while the pair goes on.
  const asked = useSignal<readonly Question[]>([]);
  const place = useSignal(0);
  const right = useSignal(0);
  const question = asked.value[place.value];
  const begin = () => {
    asked.value = ready.value;
    place.value = 0;
    right.value = 0;
  };
  if (question)
    return (
      <QuestionForm
        key={place.value}
        question={question}
        place={place.value}
        of={asked.value.length}
        onAnswer={(wasRight) => {
          if (wasRight) right.value += 1;
        }}
        onNext={() => {
          place.value += 1;
        }}
      />
    );
  if (asked.value.length > 0) return <Score right={right.value} of={asked.value.length} again={begin} />;
  return <Beginning count={ready.value.length} begin={begin} />;
}

function Beginning({ count, begin }: { readonly count: number; readonly begin: () => void }) {
  return (
    <div class="tour-body quiz">
      <p>
        The questions are made of how your two nodes stand at this moment. Break something before you begin, and they
        are others.
      </p>
      <div class="buttons">
        <button type="button" class="small" onClick={() => go(QUIZ - 1)}>
          Back
        </button>
        {count > 0 ? (
          <button type="button" class="small main" onClick={begin}>
            Begin the quiz
          </button>
        ) : (
          <button
            type="button"
            class="small"
            onClick={() => void perform({ do: 'put', keys: ['lesson'], value: 'to be asked about' })}
          >
            Write a value first
          </button>
        )}
      </div>
    </div>
  );
}

interface FormProps {
  readonly question: Question;
  readonly place: number;
  readonly of: number;
  onAnswer(wasRight: boolean): void;
  onNext(): void;
}

function QuestionForm({ question, place, of, onAnswer, onNext }: FormProps) {
  const chosen = useSignal<readonly number[]>([]);
  const isAnswered = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('input')?.focus({ preventScroll: true });
  }, []);
  const choose = (i: number, isOn: boolean) => {
    if (!question.isMany) chosen.value = [i];
    else chosen.value = isOn ? [...chosen.value, i] : chosen.value.filter((each) => each !== i);
  };
  const wasRight = isRight(question, chosen.value);
  const submit = (event: Event) => {
    event.preventDefault();
    if (isAnswered.value) return onNext();
    if (chosen.value.length === 0) return;
    isAnswered.value = true;
    onAnswer(wasRight);
  };
  return (
    <form ref={form} class="tour-body quiz" onSubmit={submit}>
      <fieldset class="choices">
        <legend>
          <span class="tour-count">
            {place + 1} of {of}
          </span>{' '}
          {question.text} <span class="hint">{question.isMany ? 'Any number can be right.' : 'One is right.'}</span>
        </legend>
        {question.choices.map((choice, i) => (
          <label key={choice.text} data-right={isAnswered.value ? choice.isRight : undefined}>
            <input
              type={question.isMany ? 'checkbox' : 'radio'}
              name="choice"
              checked={chosen.value.includes(i)}
              aria-disabled={isAnswered.value}
              onChange={({ currentTarget }) => {
                if (isAnswered.value) currentTarget.checked = chosen.value.includes(i);
                else choose(i, currentTarget.checked);
              }}
            />{' '}
            {choice.text}
            {isAnswered.value && choice.isRight && <b> right</b>}
          </label>
        ))}
      </fieldset>
      <div class="tour-now">
        <p class="now" role="status" data-wrong={isAnswered.value && !wasRight}>
          {isAnswered.value && (
            <>
              <strong>{wasRight ? 'Right.' : 'Not quite.'}</strong> {question.explanation}
            </>
          )}
        </p>
        <div class="buttons">
          <button
            type="submit"
            class="small main tour-next"
            aria-disabled={!isAnswered.value && chosen.value.length === 0}
          >
            {isAnswered.value ? 'Go on' : 'Answer'}
          </button>
        </div>
      </div>
    </form>
  );
}

function Score({ right, of, again }: { readonly right: number; readonly of: number; readonly again: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus({ preventScroll: true }), []);
  return (
    <div class="tour-body quiz">
      <p role="status">
        <strong>
          {right} of {of} right.
        </strong>{' '}
        {right === of ? 'You know what this pair promises.' : 'Do a step again, or break something and ask again.'}
      </p>
      <div class="buttons">
        <button ref={button} type="button" class="small" onClick={again}>
          Ask again, of how it stands now
        </button>
        <button type="button" class="small main" onClick={closeTour}>
          End the tour
        </button>
      </div>
    </div>
  );
}
