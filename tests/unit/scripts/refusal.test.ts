// Which requests a server on this machine answers, by their Host, their Origin and what the browser says of them.
import { expect, test } from '@jest/globals';
import { corsOrigins } from '../../../scripts/browsers/known-pages.ts';
import { type KnownPages, type Received, refusalOf } from '../../../scripts/browsers/refusal.ts';

const SECRET = 'a-secret-of-the-console';
const KNOWN: KnownPages = { origins: new Set(['https://app.example']), consoleSecret: SECRET };
const PREFLIGHT = { origin: 'null', 'access-control-request-method': 'PUT' };

type Headers = Received['headers'];

function isAnswered(headers: Headers, request: Partial<Received> = {}, known = KNOWN): boolean {
  return (
    refusalOf({ method: 'GET', url: '/', ...request, headers: { host: 'localhost:5000', ...headers } }, known) ===
    undefined
  );
}

const THIS_MACHINE = [
  'localhost',
  'localhost:5000',
  'LocalHost:5000',
  '127.0.0.1',
  '127.0.0.1:1',
  '127.1.2.3:65535',
  '127.255.255.254:80',
  '[::1]',
  '[::1]:5000',
  '[0:0:0:0:0:0:0:1]:5000',
  '[0000::0001]',
  '127.1:5000',
];

const OTHERS = [
  'evil.example',
  'evil.example:5000',
  'localhost.evil.example:5000',
  'evil-localhost:5000',
  '127.0.0.1.evil.example',
  '127.evil.example:5000',
  '128.0.0.1',
  '0.0.0.0:5000',
  '192.168.0.2:5000',
  '10.127.0.1',
  '[::2]:5000',
  '[::]:5000',
  '[fe80::1]:5000',
  'localhost@evil.example',
  'evil.example#@localhost',
  'evil.example/localhost',
  'evil.example\\@localhost',
  'localhost, evil.example',
  'local\thost',
  '%6cocalhost',
  'localhost:99999',
  'localhost:evil',
  '[::1',
  '::1',
  '',
];

test.each(THIS_MACHINE)('Host: %s is this machine', (host) => {
  expect(isAnswered({ host })).toBe(true);
  expect(isAnswered({}, { url: `http://${host}/key/foo` })).toBe(true);
});

test.each(OTHERS)('Host: %j is not', (host) => {
  expect(isAnswered({ host })).toBe(false);
  expect(isAnswered({ host, origin: 'http://localhost:8000' })).toBe(false);
});

test('without a Host, as HTTP/1.0 allows, nobody knows whom it is for', () => {
  expect(refusalOf({ method: 'GET', url: '/', headers: {} }, KNOWN)).toMatch(/^Only requests to localhost/);
});

test('a target that is a whole URL goes before the Host', () => {
  expect(isAnswered({}, { url: 'http://evil.example/key/foo' })).toBe(false);
  expect(isAnswered({}, { url: 'HTTP://evil.example' })).toBe(false);
  expect(isAnswered({ host: 'evil.example' }, { url: '/http://localhost/' })).toBe(false);
  expect(isAnswered({}, { url: '/key/http://evil.example' })).toBe(true);
});

test.each(THIS_MACHINE)('a page of http://%s is answered, with any method', (host) => {
  for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS'])
    expect(isAnswered({ origin: `http://${host}` }, { method })).toBe(true);
  expect(isAnswered({ origin: `https://${host}` })).toBe(true);
});

test.each([
  ...OTHERS.map((host) => `http://${host}`),
  'https://evil.example',
  'localhost:8000',
  'http:localhost',
  'file://',
  'ftp://localhost',
  'chrome-extension://localhost',
  'http://localhost:8000, http://evil.example',
  'http://localhost:8000/',
  'Null',
  'null, null',
  '',
])('a page of %j is not, and neither is its preflight', (origin) => {
  expect(isAnswered({ origin })).toBe(false);
  expect(isAnswered({ origin, 'tandem-console': SECRET })).toBe(false);
  expect(isAnswered({ origin, 'access-control-request-method': 'PUT' }, { method: 'OPTIONS' })).toBe(false);
});

test('CORS_ORIGINS names further pages, by their exact origins', () => {
  expect(isAnswered({ origin: 'https://app.example' })).toBe(true);
  for (const origin of ['http://app.example', 'https://app.example:8443', 'https://x.app.example'])
    expect(isAnswered({ origin })).toBe(false);
  expect(corsOrigins({ CORS_ORIGINS: ' https://app.example,,http://a.test:81 ' })).toEqual(
    new Set(['https://app.example', 'http://a.test:81']),
  );
  expect(corsOrigins({})).toEqual(new Set());
  expect(corsOrigins({ CORS_ORIGINS: '' })).toEqual(new Set());
});

test.each(['*', 'null', 'app.example', 'https://app.example/', 'https://App.example', 'ftp://a.test', 'http://'])(
  'CORS_ORIGINS=%s is none, and the sentence says what is',
  (CORS_ORIGINS) => {
    expect(() => corsOrigins({ CORS_ORIGINS: `http://a.test,${CORS_ORIGINS}` })).toThrow(
      `CORS_ORIGINS must be origins such as https://app.example, with commas in between; '${CORS_ORIGINS}' is none.`,
    );
  },
);

test('a page without an origin is answered with the secret of the console only; its preflight carries none', () => {
  for (const method of ['GET', 'POST', 'PUT', 'OPTIONS']) {
    expect(isAnswered({ origin: 'null' }, { method })).toBe(false);
    expect(isAnswered({ origin: 'null', 'tandem-console': 'guessed' }, { method })).toBe(false);
    expect(isAnswered({ origin: 'null', 'tandem-console': SECRET }, { method })).toBe(true);
  }
  expect(isAnswered(PREFLIGHT, { method: 'OPTIONS' })).toBe(true);
  expect(isAnswered(PREFLIGHT, { method: 'POST' })).toBe(false);
});

test('where there is no secret no page without an origin is answered', () => {
  const known = { origins: new Set<string>() };
  for (const header of ['', 'undefined', 'null'])
    expect(isAnswered({ origin: 'null', 'tandem-console': header }, {}, known)).toBe(false);
  expect(isAnswered({ origin: 'null' }, {}, known)).toBe(false);
  expect(isAnswered(PREFLIGHT, { method: 'OPTIONS' }, known)).toBe(false);
});

test.each([
  ['an image, a script', 'cross-site', 'no-cors', 'image', false],
  ['a request that it may not read', 'cross-site', 'no-cors', 'empty', false],
  ['a frame', 'cross-site', 'navigate', 'iframe', false],
  ['an object', 'cross-site', 'navigate', 'object', false],
  ['a link that its user follows', 'cross-site', 'navigate', 'document', true],
  ['an address that the user types', 'none', 'navigate', 'document', true],
  ['an address fetched ahead, for whichever page', 'none', 'navigate', 'document', false, 'prefetch'],
  ['an image on a page of this machine', 'same-site', 'no-cors', 'image', true],
])('without an Origin: %s of a page', (_, site, mode, dest, answered, purpose = undefined) => {
  const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest, 'sec-purpose': purpose };
  expect(isAnswered(headers)).toBe(answered);
});

test('programs are answered as ever: without an Origin, whatever else they say of themselves', () => {
  expect(isAnswered({})).toBe(true);
  expect(isAnswered({ 'sec-fetch-mode': 'cors' })).toBe(true);
  expect(isAnswered({ referer: 'http://evil.example/' })).toBe(true);
});
