// Ends, starts and pauses the process of a node, where `npm start` has started it. Elsewhere there are no buttons.
import { useSignal } from '@preact/signals';
import type { ConsoleNode } from '../nodes/addresses.ts';
import { Problem, problemText } from '../parts/problem.tsx';
import type { ProcessState } from '../recording/observation.ts';
import { type LauncherAction, launch, launchedAs, launcher } from '../watch/launcher.ts';
import { lookNow } from '../watch/watch.ts';

interface Button {
  readonly action: LauncherAction;
  readonly label: string;
  readonly title: string;
}

const KILL = {
  action: 'kill',
  label: 'Kill',
  title: 'Ends the process at once. What it held in memory is gone.',
} as const;
const START = { action: 'start', label: 'Start', title: 'Starts the process again.' } as const;
const FREEZE = {
  action: 'freeze',
  label: 'Freeze',
  title: 'Pauses the process: it is there, and answers nothing.',
} as const;
const THAW = { action: 'thaw', label: 'Thaw', title: 'Lets the process go on.' } as const;

export const BUTTONS: Readonly<Record<ProcessState, readonly Button[]>> = {
  starting: [KILL],
  running: [KILL, FREEZE],
  frozen: [THAW, KILL],
  stopping: [KILL],
  stopped: [START],
};

export function ProcessButtons({ node }: { readonly node: ConsoleNode }) {
  const error = useSignal('');
  const busy = useSignal(false);
  const launched = launchedAs(node);
  if (!launched) return null;

  async function act(action: LauncherAction): Promise<void> {
    busy.value = true;
    error.value = '';
    try {
      await launch(node.id, action);
    } catch (problem) {
      error.value = problemText(problem);
    }
    busy.value = false;
    void lookNow();
  }

  return (
    <>
      {BUTTONS[launched.state]
        .filter(({ action }) => launcher.value?.actions.includes(action))
        .map(({ action, label, title }) => (
          <button
            key={action}
            type="button"
            class={action === 'kill' ? 'danger' : ''}
            title={title}
            aria-label={`${label} node ${node.name}`}
            disabled={busy.value}
            onClick={() => act(action)}
          >
            {label}
          </button>
        ))}
      <Problem text={error.value} />
    </>
  );
}
