// The requests of this page, drawn: a question on its way to a node, and the answer.
import { goOn, LEG_MS } from './legs.ts';
import { type ClientExchange, nodeLetter } from './observation.ts';
import { named, say } from './say.ts';
import { MAX_REMEMBERED, type Story, type Token, type Tone } from './story.ts';
import { after, newToken, passBy, replaceToken, withToken } from './tokens.ts';

export function tellClient(story: Story, at: number, exchange: ClientExchange): Story {
  return exchange.status === undefined ? asked(story, at, exchange) : answered(story, at, exchange, exchange.status);
}

const isRead = ({ method }: ClientExchange): boolean => method === 'GET' || method === 'HEAD';
const pathOf = ({ key, path }: ClientExchange): string => key ?? path;

/** A write is drawn when its node tells of it, and else as a question. */
function asked(story: Story, at: number, exchange: ClientExchange): Story {
  const known = { ...story, asked: [...story.asked, { ...exchange, at }].slice(-MAX_REMEMBERED) };
  if (!isRead(exchange) && story.nodes[exchange.to].isTelling === true) return known;
  const token: Token = { ...question(exchange), id: known.next, asks: exchange.request };
  return withToken(known, goOn(token, at, toNode(exchange)));
}

const question = (exchange: ClientExchange): Omit<Token, 'id'> => ({
  ...newToken(exchange.to, { key: pathOf(exchange), epoch: 0, version: -1 }),
  label: exchange.method,
});

const toNode = ({ to }: ClientExchange) => ({ from: 'client', to, ms: LEG_MS.client, form: 'question' }) as const;

function toneOf(status: number): Tone {
  if (status === 202) return 'warn';
  return status >= 200 && status < 400 ? 'good' : 'bad';
}

function answered(story: Story, at: number, exchange: ClientExchange, status: number): Story {
  const before = story.asked.find(({ request }) => request === exchange.request);
  const rest = { ...story, asked: story.asked.filter(({ request }) => request !== exchange.request) };
  const back = { from: exchange.to, to: 'client', ms: LEG_MS.client, form: 'tick', tone: toneOf(status) } as const;
  const lost = { ...back, from: exchange.to, to: exchange.to, fade: 'out' } as const;
  const end = status === 0 ? lost : back;
  const asking = story.tokens.find(({ asks }) => asks === exchange.request);
  const label = status === 0 ? 'no answer' : String(status);
  if (asking) {
    const going = goOn({ ...asking, label }, at, end);
    return sayAnswer(replaceToken(rest, { ...going, phase: 'over' }), at, exchange, status);
  }
  const answer = { ...question(exchange), label };
  const isWritten = status >= 200 && status < 300;
  const record = isWritten ? story.tokens.findLast((token) => isOf(token, exchange, before?.at ?? at)) : undefined;
  const ways = isWritten ? [end] : [toNode(exchange), end];
  return sayAnswer(passBy(rest, after(record, at), answer, ...ways), at, exchange, status);
}

/** Clocks may differ by this much, in milliseconds. */
const APART_MS = 1000;

const isOf = ({ key, writtenAt, owner }: Token, exchange: ClientExchange, since: number): boolean =>
  key === exchange.key && owner === exchange.to && writtenAt !== undefined && writtenAt >= since - APART_MS;

function sayAnswer(story: Story, at: number, exchange: ClientExchange, status: number): Story {
  const [node, what] = [
    nodeLetter(exchange.to),
    `${exchange.method} ${exchange.key ? named(exchange.key) : exchange.path}`,
  ];
  if (status === 0)
    return say(story, at, { kind: 'no-answer', tone: 'bad', text: `${node} gave no answer to ${what}.` });
  if (status >= 400)
    return say(story, at, { kind: `client-${status}`, tone: 'bad', text: `${node} answered ${status} to ${what}.` });
  if (isRead(exchange) && exchange.key !== undefined)
    return say(story, at, { kind: 'read', text: `The client read ${named(exchange.key)} on ${node}.` });
  if (status === 202)
    return say(story, at, {
      kind: 'accepted',
      tone: 'warn',
      text: `The client has 202 for ${what}: it is on ${node}, and not yet on the other node.`,
      term: '202',
    });
  return story;
}
