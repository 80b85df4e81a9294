// One function of the built artifact in a process of its own, as Lambda runs it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyArtifact } from './built.ts';
import { type EventOptions, eventOf } from './events.ts';

export interface FunctionProcess {
  /** @returns the status and the body of the answer */
  call(method: string, path: string, options?: EventOptions): Promise<{ status: number; body: { code?: string } }>;
  /** What the process has printed so far, by lines. */
  lines(): string[];
  /** Whether the process is alive. */
  isAlive(): boolean;
  stop(): Promise<void>;
}

const RUNTIME = `
const { handler } = await import(process.env.HANDLER);
process.on('message', async (event) => process.send(await handler(event, { awsRequestId: 'test-request' })));
process.send('loaded');
`;

/** Resolves when the function is loaded. @param name of its file in handlers/ */
export async function startFunction(name: string, env: Record<string, string>): Promise<FunctionProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-'));
  await copyArtifact(folder);
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '--eval', RUNTIME], {
    env: { PATH: process.env.PATH, ...env, HANDLER: join(folder, 'handlers', `${name}.mjs`) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  await message(child);

  return {
    async call(method, path, options) {
      const reply = message(child);
      child.send(eventOf(method, path, options));
      const { statusCode, body } = (await reply) as { statusCode: number; body: string };
      return { status: statusCode, body: JSON.parse(body) };
    },
    lines: () => output.split('\n').filter((line) => line !== ''),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill();
        await gone;
      }
      await rm(folder, { recursive: true });
    },
  };

  /** @throws Error when the process ends instead */
  async function message(from: ChildProcess): Promise<unknown> {
    const end = new AbortController();
    try {
      const [content] = await Promise.race([
        once(from, 'message', { signal: end.signal }),
        once(from, 'exit', { signal: end.signal }).then(() => {
          throw new Error(`The process ended:\n${output}`);
        }),
      ]);
      return content;
    } finally {
      end.abort();
    }
  }
}
