// What a page of another machine gets of `npm start` when its user has it open in a browser: from each route and each port,
// nothing. A name that ends in .example leads to this machine here, as an attacker can have any name of theirs lead.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { ROUTES } from '../../lib/http/routes.ts';
import { launchBrowser } from '../support/browser.ts';
import { freePorts } from '../support/nodes.ts';
import { json, putKey, repair, statusOf } from '../support/requests.ts';
import { ended, freeEnv, type Started, start, stopStarted, untilRunning } from '../support/start.ts';
import { until } from '../support/until.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly mode?: 'cors' | 'no-cors';
}

/** In the page: asks, and says for each what the page could see of the answer. */
const ASK = `async (requests) => {
  const seen = [];
  for (const { url, ...options } of requests) {
    const answer = await fetch(url, options).catch(() => undefined);
    const text = answer && (await answer.text());
    seen.push(answer === undefined || (answer.type === 'opaque' && text === '') ? 'nothing' : answer.status + ' ' + text);
  }
  return seen;
}`;

/** In the page: has elements load addresses, and says what each of them fired. */
const EMBED = `(urls) => Promise.all(urls.flatMap((url) =>
  [['img', 'src'], ['script', 'src'], ['object', 'data'], ['iframe', 'src']].map(([name, attribute]) => new Promise((resolve) => {
    const element = document.createElement(name);
    element.addEventListener('load', () => resolve(name + ' load ' + (element.contentDocument === undefined ? '' : String(element.contentDocument))));
    element.addEventListener('error', () => resolve(name + ' error'));
    element.setAttribute(attribute, url);
    document.body.append(element);
  })),
))`;

/** In the page: sends forms into frames, and resolves once all have loaded. */
const SUBMIT = `(urls) => Promise.all(urls.map((url, i) => new Promise((resolve) => {
  const frame = Object.assign(document.createElement('iframe'), { name: 'frame' + i });
  const form = Object.assign(document.createElement('form'), { method: 'post', action: url, enctype: 'text/plain', target: frame.name });
  form.innerHTML = '<input name=\\'{"force":true,"x":"\\' value=\\'"}\\'>';
  document.body.append(frame, form);
  frame.addEventListener('load', resolve);
  form.submit();
})))`;

/** In the page: does what \`ASK\` does within a frame that has no origin. */
const ASK_WITHOUT_ORIGIN = `(requests) => new Promise((resolve) => {
  addEventListener('message', ({ data }) => resolve(data), { once: true });
  const frame = document.createElement('iframe');
  frame.sandbox = 'allow-scripts';
  frame.srcdoc = '<script>(' + ${JSON.stringify(ASK)} + ')(' + JSON.stringify(requests) + ').then((seen) => parent.postMessage(seen, "*"))<\\/script>';
  document.body.append(frame);
})`;

let folder: string;
let pages: Server;
let browser: Browser;
let page: Page;
let started: Started;
/** Without slashes at their end. */
let nodes: { url: string }[];
let everyPort: string[];

beforeAll(async () => {
  const [port] = await freePorts(1);
  const ports = { ...(await freeEnv()), DYNAMODB_PORT: `${port}` };
  const all = Object.values(ports).map((each) => `http://127.0.0.1:${each}`);
  everyPort = all;
  nodes = [{ url: `http://127.0.0.1:${ports.PRIMARY_PORT}` }, { url: `http://127.0.0.1:${ports.REPLICA_PORT}` }];
  folder = await mkdtemp(join(tmpdir(), 'tandem-data-'));
  pages = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><body>'));
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  started = start({
    ...ports,
    STORE: 'dynamodb',
    DYNAMODB_PATH: folder,
    // What heals has then been asked to.
    SCHEDULE: 'off',
    CORS_ORIGINS: originOf('friend.example'),
  });
  [browser] = await Promise.all([launchBrowser(), untilRunning(started)]);
  page = await browser.newPage();
  await page.goto(originOf('evil.example'));
});
afterAll(async () => {
  stopStarted();
  await ended(started);
  await browser?.close();
  pages?.closeAllConnections();
  pages?.close();
  await rm(folder, { recursive: true, force: true });
});

const originOf = (host: string) => `http://${host}:${(pages.address() as AddressInfo).port}`;
/** @param code of a function */
const run = (where: Page, code: string, given: unknown) =>
  where.evaluate<string[]>(`(${code})(${JSON.stringify(given)})`);
const read = (path: string) => Promise.all(nodes.map(({ url }) => json(fetch(url + path))));

/** All that a request could change, and how often the record that fails was tried. */
async function state(): Promise<unknown> {
  const [primary = { url: '' }] = nodes;
  const { attempts } = await json(fetch(`${primary.url}/status/bad`));
  const status = (await read('/status')).map(({ role, epoch, highestEpoch }) => ({ role, epoch, highestEpoch }));
  return {
    keys: await read('/keys'),
    faults: await read('/faults'),
    divergent: await read('/divergent'),
    status,
    attempts,
    launched: await launched(),
  };
}

/** The nodes' processes, and since when they have been as they are. */
const launched = async () => (await json(fetch(`${everyPort[2]}/launcher`))).nodes;

/** Each route with what it takes, of both nodes; a write, faults, a failover and a repair among them. */
function everyRoute(): Asked[] {
  const bodies: Record<string, object> = {
    '/faults': { faults: [{ kind: 'drop_request' }] },
    '/promote': { force: true },
    '/key/kept': { value: 'stolen' },
  };
  return nodes.flatMap(({ url }) =>
    [...ROUTES, 'GET /nothing'].map((route) => {
      const [method, path] = route.replace(/\{\w+\+?\}/, 'kept').split(' ') as [string, string];
      const hasBody = method === 'PUT' || method === 'POST';
      return { method, url: url + path, ...(hasBody && { body: JSON.stringify(bodies[path] ?? {}) }) };
    }),
  );
}

/** What the launcher does with nodes, and what it tells of them. */
function everyDeed(): Asked[] {
  const [, , url = ''] = everyPort;
  const deeds = ['replica/kill', 'replica/freeze', 'primary/stop'].map((deed) => `${url}/launcher/${deed}`);
  return [{ method: 'GET', url: `${url}/launcher` }, ...deeds.map((each) => ({ method: 'POST', url: each }))];
}

const asJson = (asked: Asked): Asked => ({ ...asked, headers: { 'content-type': 'application/json' } });
/** Of these a browser sends the requests without asking the server first. */
const isSimple = ({ method }: Asked) => ['GET', 'HEAD', 'POST'].includes(method);
const drop = (url: string, mode: 'cors' | 'no-cors'): Asked => ({
  method: 'POST',
  url,
  mode,
  ...(mode === 'cors' && { headers: { 'x-amz-target': 'DynamoDB_20120810.DeleteTable' } }),
  body: '{"TableName":"tandem-primary"}',
});

/** Every way in which a page can ask: each route with and without the browser's own question, and each port. */
function everything(): Asked[] {
  const routes = everyRoute();
  const ports = everyPort.flatMap((url) => [{ method: 'GET', url }, drop(url, 'cors'), drop(url, 'no-cors')]);
  const simple = [...routes, ...everyDeed()].filter(isSimple);
  return [
    ...[...routes, ...everyDeed()].map(asJson),
    ...simple,
    ...simple.map((asked) => ({ ...asked, mode: 'no-cors' as const })),
    ...ports,
  ];
}

const nothingOf = (asked: readonly Asked[]) => asked.map(({ method, url }) => `${method} ${url}: nothing`);
const named = (asked: readonly Asked[], seen: readonly string[]) =>
  asked.map(({ method, url }, i) => `${method} ${url}: ${seen[i]}`);

test('a page of another machine gets nothing, whatever it asks, and changes nothing', async () => {
  const [primary = { url: '' }] = nodes;
  await putKey(primary, 'kept', 'mine');
  // Nothing else is under way then.
  await until(async () => {
    await repair(primary);
    return (await statusOf(primary)).inSync;
  });
  await putKey(primary, 'bad', '__fail__');
  const before = await state();
  const asked = everything();
  expect(named(asked, await run(page, ASK, asked))).toEqual(nothingOf(asked));

  const withoutOrigin = [
    ...asked,
    ...asked.map(({ headers, ...each }) => ({ ...each, headers: { ...headers, 'tandem-console': 'guessed' } })),
  ];
  const seen = await run(page, ASK_WITHOUT_ORIGIN, withoutOrigin);
  expect(named(withoutOrigin, seen)).toEqual(nothingOf(withoutOrigin));

  await run(page, SUBMIT, [
    ...nodes.flatMap(({ url }) => [`${url}/repair`, `${url}/promote`, `${url}/replicate`]),
    ...everyDeed().map(({ url }) => url),
  ]);
  expect(await state()).toEqual(before);
});

test('what it embeds looks the same whether it is there or not', async () => {
  const urls = nodes.flatMap(({ url }) => [`${url}/key/kept`, `${url}/key/none`, `${url}/keys`]);
  const seen = await run(page, EMBED, urls);
  expect(new Set(seen)).toEqual(new Set(['img error', 'script error', 'object error', 'iframe load null']));
});

test('a name that was made to lead to this machine leads to none of its ports', async () => {
  const rebound = await browser.newPage();
  for (const url of everyPort) {
    const answer = await rebound.goto(url.replace('127.0.0.1', 'rebound.example'));
    expect([answer?.status(), JSON.parse((await answer?.text()) ?? '{}').code]).toEqual([403, 'forbidden_origin']);
    const seen = await run(rebound, ASK, [{ method: 'GET', url: '/keys' }]);
    expect(seen).toEqual([expect.stringMatching(/^403 .*"forbidden_origin"/)]);
  }
  await rebound.close();
});

test('a page of this machine, and one that CORS_ORIGINS names, read and write', async () => {
  const other = await browser.newPage();
  for (const host of ['localhost', '127.0.0.1', 'friend.example']) {
    await other.goto(originOf(host));
    const requests = nodes.map(({ url }) => ({ method: 'GET', url: `${url}/key/kept` }));
    const write = { method: 'PUT', url: `${nodes[0]?.url}/key/of-${host}`, body: '{"value":1}' };
    const seen = await run(other, ASK, [...requests, asJson(write)]);
    expect(seen).toEqual([
      ...requests.map(() => expect.stringMatching(/^200 .*"mine"/)),
      expect.stringMatching(/^201 /),
    ]);
  }
  await other.close();
});

test('of the pages of this machine only the console may end nodes: another port, or another name, gets nothing', async () => {
  const before = await launched();
  const deeds = everyDeed();
  const other = await browser.newPage();
  for (const host of ['localhost', '127.0.0.1', 'friend.example']) {
    await other.goto(originOf(host));
    const asked = [...deeds, ...deeds.map(asJson), ...deeds.map((each) => ({ ...each, mode: 'no-cors' as const }))];
    expect(named(asked, await run(other, ASK, asked))).toEqual(nothingOf(asked));
    await run(
      other,
      SUBMIT,
      deeds.map(({ url }) => url),
    );
  }
  expect(await launched()).toEqual(before);

  const [, , consoleUrl = ''] = everyPort;
  await other.goto(consoleUrl);
  // Refused for the state that it is in, not for the page.
  const [view, again] = await run(other, ASK, [
    { method: 'GET', url: '/launcher' },
    { method: 'POST', url: '/launcher/replica/start' },
  ]);
  expect(view).toMatch(/^200 .*"running"/);
  expect(again).toMatch(/^409 .*"wrong_state"/);
  await other.close();
});

test('no page can put the console into a frame, not even one of this machine', async () => {
  const other = await browser.newPage();
  const [, , consoleUrl = ''] = everyPort;
  for (const host of ['localhost', 'evil.example']) {
    await other.goto(originOf(host));
    await run(other, EMBED, [consoleUrl.replace('127.0.0.1', 'localhost')]);
    const [, ...frames] = other.frames();
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(await frame.title()).not.toBe('Tandem');
  }
  await other.goto(consoleUrl);
  expect(await other.title()).toBe('Tandem');
  await other.close();
});
