// Whether both nodes hold the same, and if not, why, in words.
import { differing } from '../state/keys.ts';
import { follower, lead, seen } from '../state/nodes.ts';
import { linkWords } from '../watch/link-words.ts';

export function PairWords() {
  const { leader } = lead.value;
  const { state, title, text } = linkWords(lead.value, seen.value[leader], seen.value[follower.value], differing.value);
  return (
    <p id="pair-words" class="pair-words" data-state={state}>
      <strong>{title}</strong> {text}
    </p>
  );
}
