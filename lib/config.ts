// The environment, read and checked once at start. Each error names the variable and says what it should be.
import { heapLimit } from './builtin.ts';

export type Role = 'primary' | 'replica';

export interface Config {
  readonly role: Role;
  /** Where the other node is, without a trailing slash. */
  readonly peerUrl: string;
  /** What the nodes show each other. */
  readonly peerToken: string;
  readonly memoryLimitBytes: number;
  /** A record that has been deleted or expired for so long (milliseconds) is forgotten. */
  readonly retentionMs: number;
  /** Whether `__fail__` and other faults work: on locally, off when deployed. */
  readonly faultInjection: boolean;
  /** One line per request, or none. */
  readonly log: 'requests' | 'silent';
}

const MIB = 1024 * 1024;
/** Between two nodes on one laptop. A deployed node needs a secret one. */
const LOCAL_PEER_TOKEN = 'tandem-local-peer-token';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @param env with IS_OFFLINE=true under the emulator, where some defaults differ. @throws ConfigError naming the variable that is missing or wrong */
export function loadConfig(env: Environment): Config {
  const isLocal = env.IS_OFFLINE === 'true';
  return {
    role: oneOf(env, 'ROLE', ['primary', 'replica']),
    peerUrl: url(env, 'PEER_URL'),
    peerToken: isLocal && !env.PEER_TOKEN ? LOCAL_PEER_TOKEN : text(env, 'PEER_TOKEN'),
    memoryLimitBytes: wholeNumber(env, 'MEMORY_LIMIT_MB', 1, 1_000_000, halfTheHeap()) * MIB,
    retentionMs: wholeNumber(env, 'RETENTION_SECONDS', 60, 315_360_000, 86_400) * 1000,
    faultInjection: oneOf(env, 'FAULT_INJECTION', ['on', 'off'], isLocal ? 'on' : 'off') === 'on',
    log: oneOf(env, 'LOG', ['requests', 'silent'], 'silent'),
  };
}

/** In MiB. The estimate of what records take is a rough one: the rest of the heap is its margin. */
function halfTheHeap(): number {
  return Math.floor(heapLimit() / MIB / 2);
}

function text(env: Environment, name: string): string {
  const value = env[name];
  if (!value)
    throw new ConfigError(`${name} is not set. Set it in the environment of this stage (see serverless.yml).`);
  return value;
}

function oneOf<T extends string>(env: Environment, name: string, allowed: readonly T[], fallback?: T): T {
  const value = env[name] || fallback;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new ConfigError(`${name} must be ${allowed.map((a) => `'${a}'`).join(' or ')}, not '${value ?? ''}'.`);
  return found;
}

function wholeNumber(env: Environment, name: string, min: number, max: number, fallback: number): number {
  const value = env[name] ? Number(env[name]) : fallback;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not '${env[name]}'.`);
  }
  return value;
}

function url(env: Environment, name: string): string {
  const value = text(env, name);
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw new ConfigError(`${name} must be an http or https URL such as http://127.0.0.1:5001, not '${value}'.`);
  }
  return value.replace(/\/+$/, '');
}
