// What `npm run serve` is told, on the command line or in the environment.
import { parseArgs } from 'node:util';
import { clientTokenIn, hasPeerToken } from '../../lib/config/config.ts';
import { ConfigError, type Environment, oneOf } from '../../lib/config/environment.ts';
import type { Role } from '../../lib/role.ts';
import { isThisMachine } from '../browsers/refusal.ts';
import { USUAL_PORTS } from '../ports.ts';
import { hostnameOf } from './admission.ts';

/** The store of a node that is not told which. */
export const DEFAULT_STORE = 'sqlite';

const LOOPBACK = '127.0.0.1';

export interface ServeOptions {
  readonly role: Role;
  readonly host: string;
  readonly port: number;
  /** What says the port: an option or a variable. */
  readonly portFrom: string;
  readonly peerUrl: string;
  /** Names under which it is asked, without ports; none: any. */
  readonly allowedHosts: ReadonlySet<string>;
  /** Whether others than programs of this machine reach it. */
  readonly isExposed: boolean;
  /** Files of a certificate and its key, in PEM. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** The folder of the built artifact. Absent: the usual one, which is built where it is not there or old. */
  readonly artifact: string | undefined;
  /** Whether the artifact is built, and nothing is served. */
  readonly buildsOnly: boolean;
  /** The environment of the node. */
  readonly env: Readonly<Record<string, string>>;
}

/** Each option, and the variable that says the same. */
export const VARIABLES = {
  role: 'ROLE',
  host: 'LISTEN_HOST',
  port: 'PORT',
  peer: 'PEER_URL',
  store: 'STORE',
  data: 'SQLITE_FILE',
  log: 'LOG',
  'allowed-hosts': 'ALLOWED_HOSTS',
  'tls-cert': 'TLS_CERT_FILE',
  'tls-key': 'TLS_KEY_FILE',
  artifact: 'ARTIFACT',
} as const;

type Name = keyof typeof VARIABLES;
const NAMES = Object.keys(VARIABLES) as Name[];
type Values = Readonly<Partial<Record<Name, string>>>;

/** @throws ConfigError that says what is wrong */
export function serveOptions(args: readonly string[], env: Environment): ServeOptions {
  const { values, isBuild } = valuesOf(args, env);
  const role = roleOf(values.role, isBuild);
  const other: Role = role === 'primary' ? 'replica' : 'primary';
  const host = values.host ?? LOOPBACK;
  const port = portOf(role, values.port, args, env);
  const peerUrl = values.peer ?? (env[`${other.toUpperCase()}_URL`] || `http://${LOOPBACK}:${usualPort(other, env)}`);
  const allowedHosts = hostsOf(values['allowed-hosts']);
  const isExposed = !isLoopback(host) || allowedHosts.size > 0;
  if (isExposed && !isBuild) requireTokens(env, isLoopback(host) ? 'ALLOWED_HOSTS is set' : `it listens on ${host}`);
  return {
    role,
    host,
    ...port,
    peerUrl,
    allowedHosts,
    isExposed,
    tls: tlsOf(values),
    artifact: values.artifact,
    buildsOnly: isBuild,
    env: {
      ...environmentOf(values, env, isExposed, isGiven(args, 'data')),
      ROLE: role,
      PEER_URL: peerUrl,
      IS_OFFLINE: 'true',
    },
  };
}

/** An option goes before its variable; one that is empty counts as not given. */
function valuesOf(args: readonly string[], env: Environment): { values: Values; isBuild: boolean } {
  const given = parsed(args);
  const values: Partial<Record<Name, string>> = {};
  for (const name of NAMES) {
    const value = given[name] || env[VARIABLES[name]];
    if (value) values[name] = value;
  }
  return { values, isBuild: given.build === true };
}

function parsed(args: readonly string[]): Values & { readonly build?: boolean } {
  const options = Object.fromEntries(NAMES.map((name) => [name, { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...args], options: { ...options, build: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

function roleOf(role: string | undefined, isBuild: boolean): Role {
  if (role === 'primary' || role === 'replica') return role;
  if (role === undefined && isBuild) return 'primary';
  throw new ConfigError('Say which node to serve: npm run serve -- --role primary, or replica.');
}

function portOf(role: Role, value: string | undefined, args: readonly string[], env: Environment) {
  const portFrom = isGiven(args, 'port')
    ? '--port'
    : value === undefined
      ? `${role.toUpperCase()}_PORT`
      : VARIABLES.port;
  const text = value ?? `${usualPort(role, env)}`;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return { port, portFrom };
  throw new ConfigError(`${portFrom} must be a port from 1 to 65535, not '${text}'.`);
}

function isGiven(args: readonly string[], name: Name): boolean {
  return args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
}

function usualPort(role: Role, env: Environment): string | number {
  return env[`${role.toUpperCase()}_PORT`] || USUAL_PORTS[role];
}

function hostsOf(text = ''): ReadonlySet<string> {
  const hosts = text.split(',').map((host) => host.trim());
  return new Set(hosts.filter((host) => host !== '').map(checkHost));
}

function checkHost(text: string): string {
  const host = text.toLowerCase();
  if (hostnameOf(host) === host) return host;
  throw new ConfigError(`ALLOWED_HOSTS must be host names without ports, with commas in between; '${text}' is none.`);
}

/** `localhost` may be an address of its own on some machines, but always one of the machine itself. */
export function isLoopback(host: string): boolean {
  return isThisMachine(host.includes(':') ? `[${host}]` : host);
}

/** Whoever reaches the node may do what needs no token: nothing may be left open. */
function requireTokens(env: Environment, why: string): void {
  const names = ['WRITE_TOKEN', 'READ_TOKEN'].filter((name) => env[name] || env[`${name}_PARAMETER`]);
  const hasAll = names.length === 2 && hasPeerToken(env) && clientTokenIn(env) !== undefined;
  if (hasAll) return;
  throw new ConfigError(
    `Others than this machine reach this node, since ${why}: set PEER_TOKEN, WRITE_TOKEN and READ_TOKEN, each to a secret of its own.`,
  );
}

function tlsOf(values: Values): ServeOptions['tls'] {
  const { 'tls-cert': cert, 'tls-key': key } = values;
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new ConfigError('TLS needs both --tls-cert and --tls-key: the files of a certificate and of its key, in PEM.');
}

function environmentOf(
  values: Values,
  env: Environment,
  isExposed: boolean,
  namesData: boolean,
): Record<string, string> {
  const store = values.store ?? DEFAULT_STORE;
  if (namesData && store !== 'sqlite')
    throw new ConfigError(`--data is the file of a store in SQLite, and the store is ${store}: add --store sqlite.`);
  return {
    STORE: store,
    LOG: oneOf(values.log ? { LOG: values.log } : {}, 'LOG', ['requests', 'json', 'silent'], 'requests'),
    ...(values.data !== undefined && { SQLITE_FILE: values.data }),
    ...(isExposed && !env.FAULT_INJECTION && { FAULT_INJECTION: 'off' }),
  };
}
