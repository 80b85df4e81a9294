// From one moment to the next: what an observation changes in what the console knows.
import type { ReplicationEvent } from '../../lib/telemetry/events.ts';
import { flowAnswers, flowLost, flowNotTried } from './flows.ts';
import { LEG_MS } from './legs.ts';
import { type NodeName, nodeLetter, type Observation, otherNode, type Tally } from './observation.ts';
import { say } from './say.ts';
import { type Story, stampOf, withNode } from './story.ts';
import { tellClient } from './tell-client.ts';
import { tellBacklog, tellLook, tellProcess } from './tell-look.ts';
import { crown, tellNode } from './tell-node.ts';
import { tellPrimary } from './tell-primary.ts';
import { tellReplica } from './tell-replica.ts';
import { endFlights, flow, withoutGone } from './tokens.ts';
import { learnValue, showValue, tellHeld } from './values.ts';

/** @returns the story after the observation. The story before is not changed. */
export function tell(before: Story, observation: Observation): Story {
  const at = Math.max(before.at, observation.at);
  return { ...afterObservation(withoutGone(before, at), at, observation), at };
}

function afterObservation(story: Story, at: number, observation: Observation): Story {
  switch (observation.what) {
    case 'event': {
      const { node, event } = observation;
      const telling = story.nodes[node].isTelling ? story : withNode(story, node, { isTelling: true });
      return tellEvent(seenByEvent(telling, at, node, event), at, node, event);
    }
    case 'gap':
      return gap(story, at, observation.node, observation.count);
    case 'tally':
      return tally(story, at, observation.node, observation.events, observation.tally);
    case 'telling':
      return withNode(story, observation.node, { isTelling: observation.isTelling });
    case 'look':
      return tellLook(story, at, observation.node, observation.look);
    case 'backlog':
      return tellBacklog(story, at, observation.keys, observation.count);
    case 'process':
      return tellProcess(story, at, observation.node, observation);
    case 'value':
      return learnValue(story, stampOf(observation), observation.value);
    case 'held':
      return tellHeld(story, at, observation.node, observation.records);
    case 'client':
      return tellClient(story, at, observation.exchange);
  }
}

/** Before the page was opened nobody looked at the nodes: what they tell of that time says who they were. */
function seenByEvent(story: Story, at: number, node: NodeName, { kind }: ReplicationEvent): Story {
  const view = story.nodes[node];
  if (kind === 'role' && !view.isSeen) return withNode(story, node, { isSeen: true });
  const role = LEADS.includes(kind) ? 'primary' : FOLLOWS.includes(kind) ? 'replica' : undefined;
  if (view.isSeen || role === undefined) return story;
  const seen = withNode(story, node, { isSeen: true, role, look: { ...view.look, state: 'up', role } });
  return role === 'primary' && story.crown.on === null ? crown(seen, at, node) : seen;
}

const LEADS: readonly string[] = ['written', 'sent', 'answered', 'unanswered', 'not_tried'];
const FOLLOWS: readonly string[] = ['received', 'taken'];

/** Entries of the list of divergent writes go from node to node, too. They are no records of their keys. */
function withoutEntries(event: ReplicationEvent): ReplicationEvent {
  if (!('records' in event) || !event.records.some(({ divergent }) => divergent)) return event;
  const records = event.records.filter(({ divergent }) => !divergent);
  return { ...event, records, count: event.count - event.records.length + records.length } as ReplicationEvent;
}

function tellEvent(story: Story, at: number, node: NodeName, told: ReplicationEvent): Story {
  const event = withoutEntries(told);
  switch (event.kind) {
    case 'received':
    case 'taken':
    case 'refused':
      return tellReplica(story, at, node, event);
    case 'started':
    case 'role':
    case 'promoted':
    case 'fault':
    case 'divergent':
      return tellNode(story, at, node, event);
    default:
      return tellPrimary(story, at, node, event);
  }
}

/** What was under way may have ended in what was not told. */
function gap(story: Story, at: number, node: NodeName, count: number | null): Story {
  const ended = endFlights(story, at, node);
  if (count === null) return ended;
  const text = `${nodeLetter(node)} has told ${count.toLocaleString('en')} events less than there were: it kept the last ones only.`;
  return say(ended, at, { kind: `gap-${node}`, tone: 'warn', text, term: 'thinned' });
}

function tally(story: Story, at: number, node: NodeName, events: number, counts: Tally): Story {
  const to = otherNode(node);
  const thinned = { at, count: (at - story.thinned.at < 2000 ? story.thinned.count : 0) + events };
  let drawn: Story = { ...story, thinned };
  drawn = flow(drawn, at, node, 'written', counts.written, { from: 'client', to: node, ms: LEG_MS.client });
  drawn = flow(drawn, at, node, 'sent', counts.sent, { from: node, to, ms: LEG_MS.tube });
  drawn = flowAnswers(drawn, at, node, counts.acknowledged, counts.failed);
  drawn = flowLost(drawn, at, node, counts.unanswered);
  drawn = flowNotTried(drawn, at, node, counts.notTried);
  for (const record of counts.last ?? []) drawn = showValue(drawn, node, record, at);
  const { written } = counts;
  if (written === 0) return drawn;
  return say(drawn, at, {
    kind: `tally-${node}`,
    text: 'More happens than can be drawn one by one: numbers stand for many.',
    term: 'thinned',
    times: written,
  });
}
