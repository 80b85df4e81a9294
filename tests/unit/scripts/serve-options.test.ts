// What `npm run serve` is told, on the command line and in the environment; and the examples, which tell it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { serveOptions, VARIABLES } from '../../../scripts/serve/options.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TOKENS = { PEER_TOKEN: 'p', WRITE_TOKEN: 'w', READ_TOKEN: 'r' };
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

test('a node that is told its role alone is one of a pair on this machine', () => {
  expect(serveOptions(['--role', 'replica'], {})).toMatchObject({
    role: 'replica',
    host: '127.0.0.1',
    port: 5001,
    peerUrl: 'http://127.0.0.1:5000',
    isExposed: false,
    tls: undefined,
    env: { ROLE: 'replica', PEER_URL: 'http://127.0.0.1:5000', STORE: 'sqlite', LOG: 'requests', IS_OFFLINE: 'true' },
  });
});

test.each(
  Object.entries({
    role: ['replica', { role: 'replica' }],
    host: ['::1', { host: '::1' }],
    port: ['4000', { port: 4000 }],
    peer: ['http://b.example:1', { peerUrl: 'http://b.example:1', env: { PEER_URL: 'http://b.example:1' } }],
    store: ['dynamodb', { env: { STORE: 'dynamodb' } }],
    data: ['a.sqlite', { env: { SQLITE_FILE: 'a.sqlite' } }],
    log: ['json', { env: { LOG: 'json' } }],
    'allowed-hosts': ['A.example, b.example', { allowedHosts: new Set(['a.example', 'b.example']), isExposed: true }],
    'tls-cert': ['a.pem', { tls: { cert: 'a.pem', key: 'a.key' } }],
    'tls-key': ['a.key', { tls: { cert: 'a.pem', key: 'a.key' } }],
    artifact: ['/built', { artifact: '/built' }],
  } satisfies Record<keyof typeof VARIABLES, [string, object]>),
)('--%s may be given in the environment, and goes before it', (name, [value, expected]) => {
  const needed = { ROLE: 'replica', STORE: 'sqlite', TLS_CERT_FILE: 'a.pem', TLS_KEY_FILE: 'a.key', ...TOKENS };
  const variable = VARIABLES[name as keyof typeof VARIABLES];
  const other = name === 'role' ? 'primary' : 'other';
  for (const [args, env] of [
    [[], { ...needed, [variable]: value }],
    [[`--${name}`, value], { ...needed, [variable]: other }],
    [[`--${name}=${value}`], { ...needed, [variable]: '' }],
  ] as const)
    expect(serveOptions(args, env)).toMatchObject(expected);
});

test('every option is on the page of the configuration, with its variable', () => {
  const page = textOf('docs/configuration.md');
  const section = page.slice(page.indexOf('## npm run serve')).split('\n## ')[0] as string;
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `--'))
    .join('\n');
  for (const [name, variable] of Object.entries(VARIABLES))
    expect([name, rows.includes(`\`--${name}\``) && rows.includes(`\`${variable}\``)]).toEqual([name, true]);
});

test('without a port and a peer of their own, the variables of npm start say where the nodes are', () => {
  const env = { PRIMARY_PORT: '1', REPLICA_PORT: '2', PRIMARY_URL: 'http://a', REPLICA_URL: '' };
  expect(serveOptions(['--role', 'primary'], env)).toMatchObject({ port: 1, peerUrl: 'http://127.0.0.1:2' });
  expect(serveOptions(['--role', 'replica'], env)).toMatchObject({ port: 2, peerUrl: 'http://a' });
});

test.each<[args: string, env: Record<string, string>, message: string]>([
  ['', {}, 'Say which node to serve: npm run serve -- --role primary, or replica.'],
  ['--role both', {}, 'Say which node to serve'],
  ['--color', {}, "Unknown option '--color'"],
  ['primary', {}, "Unexpected argument 'primary'"],
  ['--role primary --port x', {}, "--port must be a port from 1 to 65535, not 'x'."],
  ['--role primary', { PORT: '0' }, "PORT must be a port from 1 to 65535, not '0'."],
  ['--role primary', { PRIMARY_PORT: '70000' }, "PRIMARY_PORT must be a port from 1 to 65535, not '70000'."],
  ['--role primary --log loud', {}, "LOG must be 'requests' or 'json' or 'silent', not 'loud'."],
  ['--role primary --tls-cert a.pem', {}, 'TLS needs both --tls-cert and --tls-key'],
  [
    '--role primary --data a.sqlite --store memory',
    {},
    '--data is the file of a store in SQLite, and the store is memory',
  ],
  [
    '--role primary --allowed-hosts a.example:80',
    {},
    "ALLOWED_HOSTS must be host names without ports, with commas in between; 'a.example:80' is none.",
  ],
])('%s with %j is refused: %s', (args, env, message) => {
  expect(() => serveOptions(args.split(' ').filter(Boolean), env)).toThrow(message);
});

describe('P8 a node that others reach', () => {
  const exposed = ['0.0.0.0', '::', '192.0.2.1', 'a.example', 'localhost.evil.example'];

  test.each(exposed)('--host %s needs all three tokens', (host) => {
    const args = ['--role', 'primary', '--host', host];
    for (const missing of ['PEER_TOKEN', 'WRITE_TOKEN', 'READ_TOKEN'])
      expect(() => serveOptions(args, { ...TOKENS, [missing]: '' })).toThrow(
        `it listens on ${host}: set PEER_TOKEN, WRITE_TOKEN and READ_TOKEN`,
      );
    expect(serveOptions(args, TOKENS).isExposed).toBe(true);
    const parameters = { PEER_TOKEN_PARAMETER: '/p', WRITE_TOKEN_PARAMETER: '/w', READ_TOKEN_PARAMETER: '/r' };
    expect(serveOptions(args, parameters).isExposed).toBe(true);
  });

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('--host %s does not', (host) => {
    expect(serveOptions(['--role', 'primary', '--host', host], {}).isExposed).toBe(false);
  });

  test('ALLOWED_HOSTS needs them too', () => {
    expect(() => serveOptions(['--role', 'primary'], { ALLOWED_HOSTS: 'a.example' })).toThrow('ALLOWED_HOSTS is set');
  });

  test('has fault injection off, unless it is switched on', () => {
    const args = ['--role', 'primary', '--host', '0.0.0.0'];
    expect(serveOptions(args, TOKENS).env.FAULT_INJECTION).toBe('off');
    expect(serveOptions(args, { ...TOKENS, FAULT_INJECTION: 'on' }).env.FAULT_INJECTION).toBeUndefined();
  });
});

describe('the examples', () => {
  test.each(['primary', 'replica'])('the unit of the %s starts a node that others reach', (role) => {
    const unit = textOf(`examples/serve/tandem-${role}.service`);
    const [, command = ''] =
      /^ExecStart=\/opt\/tandem\/node_modules\/\.bin\/node scripts\/serve\.ts (.+)$/m.exec(unit) ?? [];
    expect(unit).toContain(`EnvironmentFile=/etc/tandem/${role}.env\n`);
    const env = { ...parseEnv(textOf(`examples/serve/${role}.env`)), ...TOKENS } as Record<string, string>;
    expect(serveOptions(command.split(' '), env)).toMatchObject({
      role,
      port: 5000,
      isExposed: true,
      peerUrl: role === 'primary' ? 'http://b.example:5000' : 'http://a.example:5000',
      allowedHosts: new Set([role === 'primary' ? 'a.example' : 'b.example']),
    });
  });

  test('the Dockerfile builds the artifact, and starts a node', () => {
    const file = textOf('examples/serve/Dockerfile');
    const [, entry = ''] = /^ENTRYPOINT (.+)$/m.exec(file) ?? [];
    const [, run = ''] = /^#.* tandem (--role .+)$/m.exec(file) ?? [];
    const [, script, ...args] = JSON.parse(entry) as string[];
    expect([script, file.includes(`node ${script} --build`)]).toEqual(['scripts/serve.ts', true]);
    expect(serveOptions([...args, ...run.split(' ')], TOKENS)).toMatchObject({ host: '0.0.0.0', port: 5000 });
  });
});
