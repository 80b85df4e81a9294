// Reads environment variables one by one. Each error names the variable and says what it should be.

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that the environment holds, or the name under which Parameter Store keeps it. */
export type Setting =
  | { readonly variable: string; readonly value: string }
  | { readonly variable: string; readonly parameter: string };

/** @throws ConfigError when it is missing or empty; `hint` says where it comes from */
export function text(
  env: Environment,
  name: string,
  hint = 'Set it in the environment of this stage (see serverless.yml).',
): string {
  const value = env[name];
  if (!value) throw new ConfigError(`${name} is not set. ${hint}`);
  return value;
}

/** @throws ConfigError */
export function oneOf<T extends string>(env: Environment, name: string, allowed: readonly T[], fallback?: T): T {
  const value = env[name] || fallback;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new ConfigError(`${name} must be ${allowed.map((a) => `'${a}'`).join(' or ')}, not '${value ?? ''}'.`);
  return found;
}

/** @throws ConfigError */
export function integerVariable(env: Environment, name: string, min: number, max: number, fallback: number): number {
  const value = env[name] ? Number(env[name]) : fallback;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not '${env[name]}'.`);
  }
  return value;
}

/**
 * A setting that may be given as `NAME`, or as `NAME_PARAMETER` in Parameter Store.
 * @param parse checks and tidies a value that is given
 * @throws ConfigError
 */
export function setting(env: Environment, name: string, parse: (name: string, value: string) => unknown): Setting {
  const found = optionalSetting(env, name, parse);
  if (found) return found;
  throw new ConfigError(
    `${name} is not set. Set it, or ${name}_PARAMETER, in the environment of this stage (see serverless.yml).`,
  );
}

export function optionalSetting(
  env: Environment,
  name: string,
  parse: (name: string, value: string) => unknown,
): Setting | undefined {
  const parameter = env[`${name}_PARAMETER`];
  const value = env[name];
  if (value) {
    parse(name, value);
    return { variable: name, value };
  }
  return parameter ? { variable: name, parameter } : undefined;
}

/** An http or https URL, without slashes at its end. @throws ConfigError naming `name`; it does not show the value */
export function parseUrl(name: string, value: string): string {
  const url = value.trim();
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new ConfigError(`${name} must be an http or https URL such as http://127.0.0.1:5001.`);
  }
  return url.replace(/\/+$/, '');
}

/** The longest token, in characters: well below the headers that gateways allow. */
const MAX_TOKEN = 1024;

/** Whether a text can be sent as a bearer token: RFC 6750, 2.1. */
export function isToken(text: string): boolean {
  return text.length <= MAX_TOKEN && /^[A-Za-z0-9._~+/-]+=*$/.test(text);
}

/**
 * Reads one token, or two with a comma in between: while a new token replaces an old one, both open, and the first is
 * sent.
 * @throws ConfigError naming `name`; it does not show the value
 */
export function parseTokens(name: string, value: string): readonly string[] {
  const tokens = value.split(',').map((token) => token.trim());
  if (tokens.length > 2 || !tokens.every(isToken)) {
    throw new ConfigError(
      `${name} must be one token, or two with a comma in between, each of at most ${MAX_TOKEN} letters, digits and -._~+/ (RFC 6750).`,
    );
  }
  return tokens;
}

/**
 * Whoever holds one token must not be able to do what another one is for.
 * @throws ConfigError when reading is guarded and writing is not, or a token has two purposes
 */
export function checkPurposes(peer: Setting, write: Setting | undefined, read: Setting | undefined): void {
  if (read && !write) throw new ConfigError('READ_TOKEN is set without WRITE_TOKEN: anybody could write. Set both.');
  const purposes = new Map<string, string>();
  for (const each of [peer, write, read]) {
    if (each === undefined || !('value' in each)) continue;
    for (const token of parseTokens(each.variable, each.value)) {
      const other = purposes.get(token) ?? each.variable;
      if (other !== each.variable)
        throw new ConfigError(`${other} and ${each.variable} have a token in common: give each its own.`);
      purposes.set(token, each.variable);
    }
  }
}
