// Records that are not drawn one by one, and what becomes of them: each way as a number.
import { LEG_MS } from './legs.ts';
import { type NodeName, otherNode } from './observation.ts';
import type { Story } from './story.ts';
import { flow } from './tokens.ts';

/** Answers for records that are not drawn one by one. */
export function flowAnswers(story: Story, at: number, node: NodeName, acknowledged: number, failed: number): Story {
  const from = otherNode(node);
  const fewer = { ...story, owedMore: Math.max(0, story.owedMore - acknowledged) };
  const ticks = flow(acknowledged > 0 ? fewer : story, at, node, 'acknowledged', acknowledged, {
    from,
    to: node,
    ms: LEG_MS.tick,
    form: 'tick',
    tone: 'good',
    waitMs: LEG_MS.tube,
  });
  return flow(ticks, at, node, 'failed', failed, { from, to: node, ms: LEG_MS.tick, tone: 'bad', waitMs: LEG_MS.tube });
}

export function flowLost(story: Story, at: number, node: NodeName, count: number): Story {
  const way = { from: node, to: otherNode(node), p1: 0.6, ms: LEG_MS.tube, tone: 'bad', fade: 'out' } as const;
  return flow(count > 0 ? { ...story, owedMore: story.owedMore + count } : story, at, node, 'unanswered', count, way);
}

export function flowNotTried(story: Story, at: number, node: NodeName, count: number): Story {
  const counted = count > 0 ? { ...story, owedMore: story.owedMore + count } : story;
  return flow(counted, at, node, 'not-tried', count, { from: node, to: 'queue', ms: LEG_MS.queue, tone: 'warn' });
}
