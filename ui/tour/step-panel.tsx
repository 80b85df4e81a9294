// One step: before it what to do, meanwhile what is happening, and after it what was learned.
import { useSignal } from '@preact/signals';
import { Problem, problemText } from '../parts/problem.tsx';
import { WithCommands } from '../parts/with-commands.tsx';
import { Term } from '../stage/term.tsx';
import type { Deed } from './deed.ts';
import { perform } from './perform.ts';
import { go, tour, view } from './state.ts';
import type { Task } from './step.ts';
import type { StepView } from './tour.ts';

export function StepPanel({ goThere }: { readonly goThere: () => void }) {
  const now = view.value;
  const index = tour.value?.index ?? 0;
  if (!now) return null;
  return (
    <div class="tour-body">
      <p class="tour-before">{now.step.before}</p>
      <ol class="tasks">
        {now.tasks.map((task) => (
          <TaskLine key={task.title} task={task} isNow={task === now.task} />
        ))}
      </ol>
      <div class="tour-now">
        {now.state === 'done' ? <Learned view={now} /> : <Now view={now} goThere={goThere} />}
        <div class="buttons">
          <button type="button" class="small" disabled={index === 0} onClick={() => go(index - 1)}>
            Back
          </button>
          <button
            type="button"
            class={`small tour-next ${now.state === 'done' ? 'main' : ''}`}
            onClick={() => go(index + 1)}
          >
            {now.state === 'done' ? 'Next' : 'Skip'}
          </button>
        </div>
      </div>
    </div>
  );
}

function TaskLine({ task, isNow }: { readonly task: Task; readonly isNow: boolean }) {
  return (
    <li data-done={task.isDone} aria-current={isNow ? 'step' : undefined}>
      {task.title}
      {task.isDone && <span class="hidden">, done</span>}
    </li>
  );
}

/** What to do now, or what has to be put right before. It is read out whenever it changes. */
function Now({
  view: { state, task, wrong, why },
  goThere,
}: {
  readonly view: StepView;
  readonly goThere: () => void;
}) {
  const isWrong = state === 'wrong';
  const text = why ?? wrong?.text ?? task?.text ?? '';
  const shown = wrong ?? (why === undefined ? task : undefined);
  return (
    <div class="now" data-wrong={isWrong || why !== undefined}>
      <p role="status">
        {isWrong && <strong>First put this right. </strong>}
        <WithCommands text={text} />
      </p>
      {shown && (
        <div class="buttons">
          {shown.target !== undefined && (
            <button type="button" class="small" onClick={goThere}>
              Show me where
            </button>
          )}
          {shown.deed && (
            <DeedButton key={shown.label} deed={shown.deed} label={shown.label ?? 'Do it for me'} isFix={isWrong} />
          )}
        </div>
      )}
    </div>
  );
}

function DeedButton({ deed, label, isFix }: { readonly deed: Deed; readonly label: string; readonly isFix: boolean }) {
  const isBusy = useSignal(false);
  const error = useSignal('');
  const act = async () => {
    if (isBusy.value) return;
    isBusy.value = true;
    error.value = '';
    try {
      await perform(deed);
    } catch (problem) {
      error.value = problemText(problem);
    }
    isBusy.value = false;
  };
  return (
    <>
      {/* It is never disabled: the focus would be lost. */}
      <button type="button" class={`small ${isFix ? 'main' : ''}`} aria-disabled={isBusy.value} onClick={act}>
        {label}
      </button>
      <Problem text={error.value} />
    </>
  );
}

function Learned({ view: { step } }: { readonly view: StepView }) {
  return (
    <div class="now learned" role="status">
      {step.after.map(({ text, term }) => (
        <p key={text}>
          {text} <Term term={term} />
        </p>
      ))}
    </div>
  );
}
