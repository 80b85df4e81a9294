// The pages that a node on this machine answers besides those of this machine.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Environment } from '../../lib/config/environment.ts';
import { ROOT } from '../root.ts';
import { consoleSecret } from './console-secret.ts';
import type { KnownPages } from './refusal.ts';

/** For a server that answers pages of this machine only. */
export const NO_OTHERS: KnownPages = { origins: new Set() };

/** The console, opened as a file. Without that nobody shows its secret, and none is made. */
const CONSOLE = join(ROOT, 'ui/index.html');

/** @throws ConfigError */
export async function knownPages(env: Environment = process.env): Promise<KnownPages> {
  const origins = corsOrigins(env);
  return existsSync(CONSOLE) ? { origins, consoleSecret: await consoleSecret() } : { origins };
}

/** The origins in CORS_ORIGINS, with commas in between. @throws ConfigError naming what is no origin */
export function corsOrigins({ CORS_ORIGINS = '' }: Environment): ReadonlySet<string> {
  const origins = CORS_ORIGINS.split(',').map((text) => text.trim());
  return new Set(origins.filter((text) => text !== '').map(checkOrigin));
}

function checkOrigin(text: string): string {
  if (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text) return text;
  throw new ConfigError(
    `CORS_ORIGINS must be origins such as https://app.example, with commas in between; '${text}' is none.`,
  );
}
