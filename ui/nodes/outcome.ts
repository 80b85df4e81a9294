// What an exchange means, in a sentence.
import { type Answer, bodyOf, type Exchange, type SentRequest, statusLine, type Tone, toneOf } from './exchange.ts';
import { isJson, valueIn } from './json-text.ts';
import { clockTime, count } from './words.ts';

export interface Outcome {
  readonly tone: Tone;
  readonly label: string;
  readonly text: string;
  /** The code of a refusal. */
  readonly code?: string;
  /** JSON text: what was read. */
  readonly value?: string;
}

type Told = Pick<Outcome, 'text'> & Partial<Outcome>;
type Body = Record<string, never>;

export function outcomeOf({ request, response, error }: Pick<Exchange, 'request' | 'response' | 'error'>): Outcome {
  if (!response) {
    return {
      tone: 'bad',
      label: 'no answer',
      text: `${error} Is ${request.nodeName} running at ${request.node.url}?`,
    };
  }
  const label = statusLine(response);
  // What a member is missing in, is no answer of Tandem's: then the sentence says `undefined`, and throws nothing.
  const body = bodyOf(response) as Body;
  if (response.status >= 400) return { tone: 'bad', label, ...problem(body) };
  return { tone: toneOf(response), label, ...success(request, response, body) };
}

function problem({ detail, code }: Body): Told {
  return {
    text: detail ?? 'The answer is not one of Tandem’s: is this the address of a node?',
    ...(code !== undefined && { code }),
  };
}

function success(request: SentRequest, { text }: Answer, body: Body): Told {
  const { node, nodeName, method, path } = request;
  if (path === '/faults' || path.startsWith('/faults/')) return { text: faultsOn(nodeName, method, body) };
  if (path === '/promote') return { text: promoted(node, body) };
  if (path === '/divergent') return { text: acknowledged(body) };
  if (method === 'POST') return { text: repaired(body) };
  if (method !== 'GET') return { text: written(request, body) };
  if (path.startsWith('/status/')) return keyStatus(nodeName, body);
  const expiry = body.expiresAt ? `, expires ${new Date(body.expiresAt).toLocaleString()}` : '';
  const value = isJson(text) ? valueIn(text) : undefined;
  return {
    text: `${body.key} is at version ${body.version} on ${nodeName}${expiry}:`,
    ...(value !== undefined && { value }),
  };
}

function written({ method, nodeName, otherName }: SentRequest, { key, version, status, error }: Body): string {
  const what = method === 'DELETE' ? `${key} is deleted, as version ${version}` : `${key} is at version ${version}`;
  if (status === 'replicated') return `${what}, on both nodes.`;
  return `${what} on ${nodeName} and not yet on ${otherName} (${status}): ${error}.`;
}

function keyStatus(nodeName: string, body: Body): Told {
  const { key, status, version, deleted, lagMs, nextAttemptAt } = body;
  const attempts = (body.attempts ?? []) as { error?: string }[];
  const what = `${key}, version ${version}${deleted ? ' (deleted)' : ''}, is ${status}`;
  if (status === 'replicated') return { text: `${what}, ${lagMs} ms after it was written.` };
  if (status === 'replica') return { text: `${what}: a copy that ${nodeName} holds.` };
  const reason = attempts.at(-1)?.error;
  const next = nextAttemptAt ? ` Next attempt due at ${clockTime(nextAttemptAt)}.` : '';
  const tries = `${count(attempts.length, 'attempt')}${reason ? `, the last: ${reason}` : ''}`;
  return { tone: 'waiting', text: `${what} after ${tries}.${next}` };
}

function faultsOn(nodeName: string, method: string, body: Body): string {
  if (method === 'POST') return `${body.kind} is on at ${nodeName}.`;
  const faults = (body.faults ?? []) as { kind: string }[];
  const kinds = faults.length > 0 ? `: ${faults.map(({ kind }) => kind).join(', ')}` : '';
  return `${count(faults.length, 'fault')} on at ${nodeName}${kinds}.`;
}

function promoted({ name }: { name: string }, { mode, epoch, atRisk, durationMs }: Body): string {
  if (mode === 'none') return `Node ${name} leads already, in epoch ${epoch}.`;
  const leads = `node ${name} leads in epoch ${epoch}, after ${Number(durationMs).toLocaleString('en')} ms`;
  return mode === 'switchover'
    ? `Switchover: ${leads}. No write is at risk.`
    : `Failover: ${leads}. ${atRiskText(atRisk ?? null)}`;
}

function atRiskText(atRisk: number | null): string {
  if (atRisk === null) return 'How many writes only the former primary has is not known.';
  const owed = atRisk === 0 ? 'nothing' : count(atRisk, 'write');
  return `The former primary last said that it owed ${owed}; what it has taken since is not counted.`;
}

function acknowledged({ acknowledged: number, complete }: Body): string {
  return `${count(Number(number), 'divergent write')} acknowledged.${complete ? '' : ' There are more.'}`;
}

function repaired({ shipped, failed, remaining, bytes, durationMs, stoppedBy, ...compared }: Body): string {
  const ended = stoppedBy ? ` It ended early: ${stoppedBy}.` : '';
  const cost = `${count(Number(bytes), 'byte')}, ${Number(durationMs).toLocaleString('en')} ms.`;
  return `Repair: ${count(Number(shipped), 'record')} shipped, ${failed} failed, ${remaining} left in the backlog. ${reconciled(compared)}${cost}${ended}`;
}

function reconciled({ bucketsCompared, bucketsDiffering, pushed, pulled, dropped }: Body): string {
  const [compared, differing] = [Number(bucketsCompared), Number(bucketsDiffering)];
  if (!compared) return '';
  if (differing === 0) return `All ${count(compared, 'bucket')} of keys were equal. `;
  return `${differing.toLocaleString('en')} of ${count(compared, 'bucket')} of keys differed; reconciled besides the backlog: ${pushed} pushed to the replica, ${pulled} pulled from it, ${dropped} forgotten. `;
}
