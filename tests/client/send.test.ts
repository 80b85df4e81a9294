// How a call finds the node that can answer it, what is tried again, and when it ends: with nodes that answer as the test says, on a
// clock that passes while the client pauses.
import { describe, expect, test } from '@jest/globals';
import { Addresses } from '../../client/addresses.ts';
import type { Call } from '../../client/call.ts';
import type { TandemError } from '../../client/error.ts';
import { type ClientOptions, settingsOf } from '../../client/options.ts';
import { sender } from '../../client/send.ts';

const A = 'http://a.test';
const B = 'http://b.test/stage';

/** What a node does with a request: answers, gives no answer, or cannot be reached. */
type Behaviour = Response | 'silent' | 'refused' | 'reset';
type Script = (count: number) => Behaviour;

const ok = (body: object = {}, headers = {}) => Response.json({ key: 'k', ...body }, { headers });
const problem = (status: number, code: string, headers = {}) =>
  Response.json({ status, code, detail: `It is ${code}.`, requestId: 'r' }, { status, headers });
const notPrimary = () => problem(421, 'not_primary');

/** A client of two such nodes, and what they were asked: `a` and `b`, in order. */
function clientOf(a: Script, b: Script, options: Partial<ClientOptions> = {}) {
  const asked: string[] = [];
  const requests: Request[] = [];
  const pauses: number[] = [];
  let now = 0;
  const fetch = async (url: string, init: RequestInit) => {
    const name = url.startsWith(A) ? 'a' : 'b';
    asked.push(name);
    requests.push(new Request(url, { ...init, signal: null }));
    const behaviour = (name === 'a' ? a : b)(asked.filter((each) => each === name).length);
    now += 1;
    if (behaviour instanceof Response) return behaviour;
    if (behaviour === 'silent')
      return new Promise<never>((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    const code = behaviour === 'refused' ? 'ECONNREFUSED' : 'ECONNRESET';
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(`it was ${behaviour}`), { code }) });
  };
  const settings = settingsOf({ primary: A, replica: B, fetch: fetch as typeof globalThis.fetch, ...options });
  const addresses = new Addresses(settings.primary, settings.replica);
  const send = sender(settings, addresses, {
    random: () => 0.5,
    elapsed: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      pauses.push(ms);
      now += ms;
    },
  });
  const failure = (call: Call): Promise<TandemError> =>
    send(call).then(
      () => {
        throw new Error('It was done.');
      },
      (error) => error,
    );
  return { asked, requests, pauses, send, failure, addresses, elapsed: () => now };
}

const READ: Call = { to: 'leader', request: { method: 'GET', path: '/key/k' } };
const WRITE: Call = {
  to: 'leader',
  request: { method: 'PUT', path: '/key/k', body: '{"value":1}', headers: { 'idempotency-key': 'n' } },
  write: 'repeatable',
};
const ONCE: Call = { ...WRITE, write: 'once' };
const never = () => {
  throw new Error('This node is not to be asked.');
};

describe('the lead', () => {
  test('a node that does not lead points to the other one, which is asked at once, and first from then on', async () => {
    const { asked, pauses, send } = clientOf(notPrimary, () => ok());
    expect((await send(WRITE)).from.name).toBe('replica');
    await send(WRITE);
    expect({ asked, pauses }).toEqual({ asked: ['a', 'b', 'b'], pauses: [] });
  });

  test('it is followed without further tries, too', async () => {
    const { asked, send } = clientOf(notPrimary, () => ok(), { retry: false });
    await send(ONCE);
    expect(asked).toEqual(['a', 'b']);
  });

  test('a token goes to no address that the client was not given', async () => {
    const elsewhere = () => problem(421, 'not_primary', { location: 'http://elsewhere.test' });
    const redirect = () => new Response(null, { status: 307, headers: { location: 'http://elsewhere.test' } });
    for (const answer of [elsewhere, redirect]) {
      const { requests, failure } = clientOf(answer, never, { replica: undefined, token: 'secret' } as never);
      expect(await failure(WRITE)).toMatchObject({ attempts: 1 });
      expect(requests.map(({ url, redirect: how }) => [url, how])).toEqual([[`${A}/key/k`, 'manual']]);
      expect(requests[0]?.headers.get('authorization')).toBe('Bearer secret');
    }
  });

  test('a read of the primary does not count when a replica answers it', async () => {
    const { asked, send } = clientOf(
      () => ok({}, { 'node-role': 'replica' }),
      () => ok({}, { 'node-role': 'primary' }),
    );
    expect((await send(READ)).from.name).toBe('replica');
    expect((await send({ ...READ, to: 'replica' })).from.name).toBe('primary');
    expect(asked).toEqual(['a', 'b', 'a']);
  });

  test('while neither leads it is tried again, until one does', async () => {
    const { asked, send } = clientOf(notPrimary, (count) => (count < 3 ? notPrimary() : ok()));
    await send(WRITE);
    expect(asked).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  test('a node with a path of its own is asked below it', async () => {
    const { requests, send } = clientOf(notPrimary, () => ok());
    await send(WRITE);
    expect(requests[1]?.url).toBe(`${B}/key/k`);
  });
});

describe('what is tried again', () => {
  test.each([408, 429, 500, 502, 503, 504])(
    'the status %i, after a pause that may be longer each time',
    async (status) => {
      const again: Script = (count) => (count < 5 ? problem(status, 'overloaded') : ok());
      const { asked, pauses, send } = clientOf(again, notPrimary);
      await send(WRITE);
      expect(asked.filter((name) => name === 'a')).toHaveLength(5);
      expect(pauses).toEqual([25, 50, 100, 200]);
    },
  );

  test('a write that got no answer, under the same name', async () => {
    const { requests, send } = clientOf((count) => (count === 1 ? 'reset' : ok()), notPrimary);
    await send(WRITE);
    expect(requests.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['n', 'n', 'n']);
  });

  test('a write that may have been done sooner than others: its name is not remembered for ever', async () => {
    const longest = async (behaviour: 'reset' | 'refused') => {
      const { pauses, send } = clientOf((count) => (count < 9 ? behaviour : ok()), notPrimary);
      await send(WRITE);
      return Math.max(...pauses);
    };
    expect([await longest('reset'), await longest('refused')]).toEqual([50, 500]);
  });

  test('a node that is silent counts as gone after the time limit of a request', async () => {
    const { asked, send } = clientOf(
      () => 'silent',
      () => ok(),
      { timeoutMs: 5 },
    );
    expect((await send(WRITE)).from.name).toBe('replica');
    expect(asked).toEqual(['a', 'b']);
  });

  test('not before the time that `Retry-After` says', async () => {
    const { pauses, send } = clientOf(
      (count) => (count === 1 ? problem(503, 'switching', { 'retry-after': '2' }) : ok()),
      notPrimary,
    );
    await send(WRITE);
    expect(pauses).toEqual([2025]);
  });

  test.each([400, 401, 403, 404, 409, 410, 412, 413, 422, 507])('not the status %i', async (status) => {
    const { asked, failure } = clientOf(() => problem(status, 'invalid_body', { 'retry-after': '1' }), never);
    expect(await failure(WRITE)).toMatchObject({
      status,
      code: 'invalid_body',
      message: 'It is invalid_body.',
      mayBeDone: false,
    });
    expect(asked).toEqual(['a']);
  });

  test('not a write that has no name and may have been done, and the error says that it may', async () => {
    for (const behaviour of ['reset', problem(500, 'internal_error'), new Response('', { status: 502 })] as const) {
      const { asked, failure } = clientOf(() => behaviour, never);
      expect(await failure(ONCE)).toMatchObject({ mayBeDone: true });
      expect(asked).toEqual(['a']);
    }
  });

  test('but such a write that surely was not done', async () => {
    for (const behaviour of ['refused', problem(503, 'switching'), problem(429, 'too many')] as const) {
      const { send } = clientOf((count) => (count === 1 ? behaviour : ok()), notPrimary);
      await send(ONCE);
    }
  });

  test('nothing, where the client is told so', async () => {
    const { asked, failure } = clientOf(() => 'refused', never, { retry: false });
    expect(await failure(READ)).toMatchObject({ code: 'unreachable', attempts: 1 });
    expect(asked).toEqual(['a']);
  });
});

describe('the end of a call', () => {
  const RETRY = { limitMs: 10_000, attempts: 1000, firstPauseMs: 50, longestPauseMs: 1000 };

  test('comes after the time that it may take, with what the nodes said last', async () => {
    const { failure, elapsed } = clientOf(
      () => problem(503, 'recovering'),
      () => 'refused',
      { retry: RETRY },
    );
    const error = await failure(WRITE);
    expect(error).toMatchObject({ code: 'recovering', status: 503, url: A, mayBeDone: false });
    expect(error.cause).toMatchObject({ message: 'it was refused' });
    expect(elapsed()).toBeGreaterThan(9000);
    expect(elapsed()).toBeLessThan(10_000);
  });

  test('comes after as many requests as it may make', async () => {
    const { asked, failure } = clientOf(() => problem(503, 'recovering'), notPrimary, {
      retry: { ...RETRY, attempts: 7 },
    });
    expect(await failure(WRITE)).toMatchObject({ attempts: 7 });
    expect(asked).toHaveLength(7);
  });

  test('comes at once where a node wants to be left alone for longer than that', async () => {
    const { asked, failure } = clientOf(() => problem(503, 'overloaded', { 'retry-after': '3600' }), notPrimary);
    await failure(WRITE);
    expect(asked).toEqual(['a', 'b']);
  });

  test('without any answer says so of both nodes, with the causes', async () => {
    const { failure } = clientOf(
      () => 'refused',
      () => 'reset',
      { retry: RETRY },
    );
    const error = await failure(WRITE);
    expect(error).toMatchObject({
      code: 'unreachable',
      message: `No node answered: ${A}: it was refused; ${B}: it was reset`,
      status: undefined,
      mayBeDone: true,
    });
    const { errors } = error.cause as AggregateError;
    expect(errors.map(({ cause }) => cause.cause.code)).toEqual(['ECONNREFUSED', 'ECONNRESET']);
  });

  test('of what no node of Tandem answers is `unexpected_answer`', async () => {
    for (const answer of [
      new Response('<html>', { status: 404 }),
      new Response('<html>'),
      new Response(null, { status: 302 }),
    ]) {
      const { failure } = clientOf(() => answer, never);
      expect(await failure(READ)).toMatchObject({ code: 'unexpected_answer', url: A });
    }
  });

  test('comes with the reason of the signal, in a request and in a pause', async () => {
    const reason = new Error('enough');
    for (const behaviour of ['silent', 'refused'] as const) {
      const controller = new AbortController();
      const client = clientOf(
        () => {
          queueMicrotask(() => controller.abort(reason));
          return behaviour;
        },
        () => behaviour,
      );
      expect(await client.failure({ ...READ, signal: controller.signal })).toBe(reason);
    }
    const { asked, failure } = clientOf(never, never);
    expect(await failure({ ...READ, signal: AbortSignal.abort(reason) })).toBe(reason);
    expect(asked).toEqual([]);
  });
});
