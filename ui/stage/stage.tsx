// The stage: the client, both nodes, and what goes on between them.
import { useComputed } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { FaultsButton } from '../faults/faults-button.tsx';
import { conditionOf } from '../recording/condition.ts';
import { lead, nodes } from '../state/nodes.ts';
import { isLive, calmPicture as picture, calmStory as story } from '../state/playback.ts';
import { startDrawing } from './frames.ts';
import { useGeometry } from './measure.ts';
import { Moving } from './moving.tsx';
import { NodeCard } from './node-card.tsx';
import { Term } from './term.tsx';

export function Stage() {
  const stage = useRef<HTMLDivElement>(null);
  const geometry = useGeometry(stage);
  useEffect(startDrawing, []);
  return (
    <section class="card stage" aria-label="Stage" data-live={isLive}>
      <h2 class="hidden">The two nodes</h2>
      <PairSentence />
      <div class="scene" ref={stage}>
        <div class="client" data-box="client">
          <b>Client</b>
          <small>this page, curl, a program</small>
        </div>
        <NodeCard node={nodes.a} />
        <NodeCard node={nodes.b} />
        <div class="tube-place">
          <FaultsButton />
        </div>
        {geometry && <Moving geometry={geometry} />}
      </div>
    </section>
  );
}

/** How the pair is doing, in words. */
function PairSentence() {
  const condition = useComputed(() => conditionOf(story.value, picture.value));
  const { mood, title, text, term } = condition.value;
  const { leader } = lead.value;
  return (
    <p id="link" class="condition" data-mood={mood} data-lead={lead.value.lead === 'one' ? leader : lead.value.lead}>
      <strong>{title}</strong> <Term term={term} /> <span>{text}</span>
    </p>
  );
}
