// What the page has seen for itself, drawn: how a node looks, what waits there, what its process does.
import { goOn, LEG_MS } from './legs.ts';
import { isOther, isTold, withContents } from './look.ts';
import { type Look, type NodeName, nodeLetter, type Observation, otherNode } from './observation.ts';
import { say } from './say.ts';
import { MAX_QUEUED, type Story, type Token, withNode } from './story.ts';
import { crown } from './tell-node.ts';
import { dissolve, endFlights, newToken, putInQueue, queueOf, replaceToken, withToken } from './tokens.ts';

/** What a node says of its backlog may be older than what it told by this much, in milliseconds. */
const OLD_MS = 1500;

export function tellLook(story: Story, at: number, node: NodeName, look: Look): Story {
  const before = story.nodes[node];
  const role = look.role ?? before.role;
  const seen = withNode(story, node, {
    look: withContents(look, before.look),
    ...(role && { role }),
    ...(look.circuit && { circuit: look.circuit }),
    ...(isTold(look) && { isRefilling: look.state === 'refilling' }),
    isSeen: true,
    // One that tells has told that its process has started, and what it holds since.
    ...(isOther(look, before.look) && before.isTelling !== true && { values: [] }),
    ...(look.role === 'replica' && before.fencedAt !== undefined && { fencedAt: before.fencedAt }),
  });
  const led = look.role === 'primary' && isTold(look) ? ledBy(seen, at, node, look) : seen;
  return sayLook(led, at, node, before.look, look, before.isSeen);
}

/** What the node that leads says of the pair. Of two that do, the one of the later epoch. */
function ledBy(story: Story, at: number, node: NodeName, look: Look): Story {
  const { on } = story.crown;
  const holder = on ? story.nodes[on].look : undefined;
  const isLater = on === null || on === node || holder?.role !== 'primary' || (look.epoch ?? 0) > (holder?.epoch ?? 0);
  if (!isLater) return story;
  const crowned = crown(story, at, node);
  const tray = look.divergent === undefined ? crowned.tray : trayOf(crowned, look.divergent);
  return look.backlog === undefined ? { ...crowned, tray } : countBacklog({ ...crowned, tray }, at, node, look.backlog);
}

function trayOf({ tray }: Story, count: number): Story['tray'] {
  return count === 0 ? { ...tray, count: 0, keys: [] } : { ...tray, count };
}

function countBacklog(story: Story, at: number, node: NodeName, count: number): Story {
  // The first ones are named soon, by the backlog itself.
  if (count > 0 && count <= MAX_QUEUED) return story;
  if (count > 0) {
    const onTheWay = story.tokens.filter(({ phase, flow }) => !flow && (phase === 'owed' || phase === 'flying')).length;
    return { ...story, owedMore: Math.max(0, count - onTheWay) };
  }
  const left = leaveQueue(story, at, () => true);
  return { ...endOld(left, at, node), owedMore: 0 };
}

/** Where more happened than is kept one by one, how a record has ended may only be counted. It is on its way no longer. */
function endOld(story: Story, at: number, node: NodeName): Story {
  return endFlights(story, at, node, (token) => stillFor(token, at) > OLD_MS);
}

/** For how long nothing has happened to a record, in milliseconds. A question of the client is none. */
function stillFor({ legs, asks }: Token, at: number): number {
  const last = legs.at(-1);
  return asks !== undefined || last === undefined ? 0 : at - (last.end ?? last.start);
}

/** A node waits for an answer no longer than this, in milliseconds. */
const GIVEN_UP_MS = 5000;

/** Likewise, where it still waits: that it was sent in vain was only counted. */
function putBack(story: Story, at: number, node: NodeName, keys: readonly string[]): Story {
  return story.tokens
    .filter(({ phase, flow, owner }) => owner === node && !flow && phase !== 'over' && phase !== 'owed')
    .filter((token) => keys.includes(token.key) && stillFor(token, at) > GIVEN_UP_MS)
    .reduce((drawn, token) => {
      const from = token.legs.at(-1)?.to ?? node;
      return putInQueue(drawn, at, goOn(token, at, { from, to: 'queue', ms: LEG_MS.tube, tone: 'bad' }));
    }, story);
}

/** What waited and does so no more leaves the queue, if it was not put there just now. */
function leaveQueue(story: Story, at: number, isGone: (token: Token) => boolean): Story {
  return queueOf(story)
    .filter((token) => at - (token.legs.at(-1)?.start ?? 0) > OLD_MS && isGone(token))
    .reduce((changed, token) => replaceToken(changed, dissolve(token, at)), story);
}

/** The records that wait, by their keys: what the queue shows is put right. */
export function tellBacklog(story: Story, at: number, keys: readonly string[], count: number): Story {
  const node = story.crown.on ?? 'a';
  const isWhole = count <= keys.length;
  const left = leaveQueue(story, at, ({ key }) => isWhole && !keys.includes(key));
  let drawn = putBack(left, at, node, keys);
  for (const key of keys) {
    if (queueOf(drawn).length >= MAX_QUEUED) break;
    if (isSeen(drawn, at, node, key)) continue;
    const token: Token = {
      ...newToken(node, { key, epoch: 0, version: 0 }),
      id: drawn.next,
      phase: 'owed',
      owedAt: at,
    };
    drawn = withToken(drawn, goOn(token, at, { from: 'queue', to: 'queue', ms: LEG_MS.fade, fade: 'in' }));
  }
  return { ...drawn, owedMore: isWhole ? 0 : Math.max(0, count - queueOf(drawn).length) };
}

/** Whether the key is drawn, or has just arrived: then what the node said is older. */
function isSeen({ tokens, nodes }: Story, at: number, node: NodeName, key: string): boolean {
  if (tokens.some((token) => token.key === key && !token.flow && token.asks === undefined)) return true;
  return nodes[otherNode(node)].values.some((value) => value.key === key && at - value.from < OLD_MS);
}

type Process = Extract<Observation, { readonly what: 'process' }>;

const PROCESS_WORDS = {
  starting: ['is starting', 'plain'],
  running: ['is running', 'good'],
  frozen: ['is frozen: it is there, and does nothing', 'warn'],
  stopping: ['is stopping', 'warn'],
  stopped: ['has ended', 'bad'],
} as const;

export function tellProcess(story: Story, at: number, node: NodeName, { state, ended }: Process): Story {
  const before = story.nodes[node].process;
  if (before === state) return story;
  const seen = withNode(story, node, { process: state, ended });
  if (before === null) return seen;
  const stopped = state === 'stopped' ? endFlights(seen, at, node) : seen;
  const [words, tone] = PROCESS_WORDS[state];
  const letter = nodeLetter(node);
  const killed = state === 'stopped' && ended === 'killed';
  const text = killed
    ? `${letter} was killed.`
    : `${letter} ${before === 'frozen' && state === 'running' ? 'goes on' : words}.`;
  return say(stopped, at, { kind: `process-${node}-${state}`, tone, text, ...(killed && { term: 'kill' }) });
}

function sayLook(story: Story, at: number, node: NodeName, before: Look, look: Look, isNews: boolean): Story {
  if (!isNews || before.state === look.state) return story;
  const letter = nodeLetter(node);
  if (look.state === 'down')
    return say(story, at, {
      kind: `down-${node}`,
      tone: 'bad',
      text: `${letter} does not answer.`,
      term: 'unreachable',
    });
  if (before.state === 'down' && look.state === 'up')
    return say(story, at, { kind: `up-${node}`, tone: 'good', text: `${letter} answers.` });
  return story;
}
