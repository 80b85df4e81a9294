// A deployed function in a Node process of its own, which is started at the first call.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

export interface LambdaFunction {
  /** Starts it, if it is not running. @throws Error when the handler cannot be loaded */
  load(): Promise<void>;
  /** Calls it, after the calls before: an instance has one at a time. @throws Error when the handler does */
  // biome-ignore lint/suspicious/noExplicitAny: each handler has a result of its own
  invoke(event: unknown): Promise<any>;
  /** What it has logged. */
  output(): string;
  stop(): Promise<void>;
}

export interface LambdaOptions {
  readonly name: string;
  /** `handlers/get.handler`, in `directory`. */
  readonly handler: string;
  readonly directory: string;
  /** All that it sees. */
  readonly env: Readonly<Record<string, string>>;
}

interface Message {
  readonly id: number;
  readonly json?: string;
  readonly error?: string;
}

const RUNTIME = join(import.meta.dirname, 'lambda-runtime.ts');

export function lambdaFunction({ name, handler, directory, env }: LambdaOptions): LambdaFunction {
  const waiting = new Map<number, PromiseWithResolvers<string | undefined>>();
  let child: ChildProcess | undefined;
  let output = '';
  let calls = 0;
  let last: Promise<unknown> = Promise.resolve();

  function start(): Promise<unknown> {
    child = fork(RUNTIME, {
      cwd: directory,
      execArgv: [],
      env: { ...env, _HANDLER: handler, LAMBDA_TASK_ROOT: directory, AWS_LAMBDA_FUNCTION_NAME: name },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.on('message', ({ id, json, error }: Message) => {
      if (error === undefined) waiting.get(id)?.resolve(json);
      else waiting.get(id)?.reject(new Error(`${name}: ${error}`));
      waiting.delete(id);
    });
    child.on('exit', (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`${name} has ended (${code}):\n${output}`));
      waiting.clear();
    });
    return answerTo(0);
  }

  function answerTo(id: number): Promise<string | undefined> {
    const answer = Promise.withResolvers<string | undefined>();
    waiting.set(id, answer);
    return answer.promise;
  }

  let loading: Promise<unknown> | undefined;
  async function load(): Promise<void> {
    loading ??= start();
    await loading;
  }

  async function call(event: unknown): Promise<unknown> {
    await load();
    const id = ++calls;
    const answer = answerTo(id);
    child?.send({ id, event });
    const json = await answer;
    return json === undefined ? undefined : JSON.parse(json);
  }

  return {
    load,
    invoke(event) {
      const result = last.then(() => call(event));
      last = result.catch(() => undefined);
      return result;
    },
    output: () => output,
    async stop() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
}
