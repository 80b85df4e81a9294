// The secret by which nodes on this machine know the console that was opened as a file. Such a page has no origin of its own,
// and loads the secret as a script from beside it, which no page of another machine can.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../lib/config/environment.ts';
import { ROOT } from '../root.ts';

/** Where ui/nodes/secret.ts looks for it. It is served by nobody. */
const FILE = join(ROOT, '.data/console-secret.js');
const BYTES = 32;
/** How often, and with which pause in milliseconds, a file is read that another process may be writing. */
const READS = 50;
const PAUSE_MS = 20;

const scriptOf = (secret: string) => `window.tandemConsoleSecret = '${secret}';\n`;
const SCRIPT = new RegExp(`^${scriptOf(`([0-9a-f]{${2 * BYTES}})`)}$`);

/** Makes the secret, unless another process has. @throws ConfigError when the file holds something else, or cannot be made or read */
export async function consoleSecret(file = FILE): Promise<string> {
  try {
    return await madeOrRead(file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      `The file ${file}, with the secret of the console, cannot be made or read: ${(error as Error).message}. Delete it, or let this user write there.`,
    );
  }
}

async function madeOrRead(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const made = scriptOf(randomBytes(BYTES).toString('hex'));
  await writeFile(file, made, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  for (let reads = 0; reads < READS; reads++) {
    const [, secret] = SCRIPT.exec(await readFile(file, 'utf8')) ?? [];
    if (secret !== undefined) return secret;
    await sleep(PAUSE_MS);
  }
  throw new ConfigError(
    `The file ${file} does not hold the secret of the console. Delete it: the next start makes it anew.`,
  );
}
