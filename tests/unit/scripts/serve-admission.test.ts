// Which requests a node of `npm run serve` answers, by its address and the hosts that it was given.
import { afterEach, describe, expect, test } from '@jest/globals';
import { admissionFor } from '../../../scripts/serve/admission.ts';
import { serveOptions } from '../../../scripts/serve/options.ts';

const TOKENS = { PEER_TOKEN: 'p', WRITE_TOKEN: 'w', READ_TOKEN: 'r' };

afterEach(() => {
  delete process.env.CORS_ORIGINS;
});

/** Whether each is answered, asked twice: what was seen before must not let a stranger in. */
async function answered(args: readonly string[], headers: ReadonlyArray<Record<string, string>>): Promise<boolean[]> {
  const admit = await admissionFor(serveOptions(['--role', 'primary', ...args], TOKENS));
  const ask = (each: Record<string, string>, url = '/key/a') =>
    admit({ method: 'GET', url, headers: each }) === undefined;
  const first = headers.map((each) => ask(each));
  expect(headers.map((each) => ask(each))).toEqual(first);
  expect(headers.map((each) => ask({ ...each, host: 'localhost' }, `http://${each.host}/key/a`))).toEqual(first);
  return first;
}

const OWN = { host: 'localhost:5000' };
const NAMED = { host: 'A.example:5000' };
const STRANGE = { host: 'evil.example' };
const NONE = { host: '' };

test('on loopback names of this machine, and pages of this machine', async () => {
  expect(await answered([], [OWN, NAMED, STRANGE, NONE])).toEqual([true, false, false, false]);
  const page = { ...OWN, origin: 'http://evil.example' };
  const embedded = { ...OWN, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' };
  const ahead = { ...OWN, 'sec-purpose': 'prefetch' };
  const own = { ...OWN, origin: 'http://localhost:8000' };
  expect(await answered([], [OWN, page, embedded, ahead, own])).toEqual([true, false, false, false, true]);
});

describe('where others reach it', () => {
  test('any host and every page, since nothing is open without a token', async () => {
    const page = { ...STRANGE, origin: 'http://evil.example' };
    expect(await answered(['--host', '0.0.0.0'], [OWN, NAMED, STRANGE, NONE, page])).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  test.each(['0.0.0.0', '127.0.0.1'])('on %s with ALLOWED_HOSTS these, and names of this machine', async (host) => {
    const args = ['--host', host, '--allowed-hosts', 'a.example,[2001:db8::1]'];
    const address = { host: '[2001:DB8:0::1]:5000' };
    expect(await answered(args, [OWN, NAMED, address, STRANGE, NONE])).toEqual([true, true, true, false, false]);
  });

  test('with CORS_ORIGINS pages of these origins, and of this machine', async () => {
    process.env.CORS_ORIGINS = 'https://app.example';
    const origins = ['https://app.example', 'http://localhost:8000', 'https://evil.example', 'null'];
    const requests = origins.map((origin) => ({ ...NAMED, origin }));
    expect(await answered(['--host', '0.0.0.0'], requests)).toEqual([true, true, false, false]);
  });
});
