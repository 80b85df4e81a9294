// Each missing or wrong variable is one clear sentence that names it.
import { expect, test } from '@jest/globals';
import { loadConfig } from '../../lib/config.ts';

const GOOD = { ROLE: 'primary', PEER_URL: 'http://127.0.0.1:5001', PEER_TOKEN: 'secret' };

test('defaults', () => {
  expect(loadConfig(GOOD)).toEqual({
    role: 'primary',
    peerUrl: 'http://127.0.0.1:5001',
    peerToken: 'secret',
    memoryLimitBytes: expect.any(Number),
    retentionMs: 24 * 60 * 60 * 1000,
    faultInjection: false,
    log: 'silent',
  });
  expect(loadConfig({ ...GOOD, PEER_URL: 'https://example.org/' }).peerUrl).toBe('https://example.org');
});

test('under the emulator faults are on, and the nodes know each other without a secret', () => {
  const { PEER_TOKEN: _, ...local } = { ...GOOD, IS_OFFLINE: 'true' };
  expect(loadConfig(local)).toMatchObject({ faultInjection: true, peerToken: expect.any(String) });
  expect(loadConfig({ ...local, FAULT_INJECTION: 'off' }).faultInjection).toBe(false);
});

test.each([
  ['ROLE', undefined, /ROLE must be 'primary' or 'replica', not ''/],
  ['ROLE', 'leader', /ROLE must be .* not 'leader'/],
  ['PEER_URL', undefined, /PEER_URL is not set/],
  ['PEER_URL', '127.0.0.1:5001', /PEER_URL must be an http or https URL such as/],
  ['PEER_URL', 'ftp://x', /PEER_URL must be an http or https URL/],
  ['PEER_URL', 'http://', /PEER_URL must be an http or https URL/],
  ['PEER_TOKEN', '', /PEER_TOKEN is not set/],
  ['MEMORY_LIMIT_MB', '0', /MEMORY_LIMIT_MB must be a whole number from 1 to/],
  ['MEMORY_LIMIT_MB', 'lots', /MEMORY_LIMIT_MB must be a whole number .* not 'lots'/],
  ['RETENTION_SECONDS', '59', /RETENTION_SECONDS must be a whole number from 60 to/],
  ['FAULT_INJECTION', 'yes', /FAULT_INJECTION must be 'on' or 'off', not 'yes'/],
  ['LOG', 'verbose', /LOG must be 'requests' or 'silent'/],
])('%s=%s', (name, value, message) => {
  expect(() => loadConfig({ ...GOOD, [name]: value })).toThrow(message);
});
