// One process of a deployed function, under AWS's own runtime interface client for Node. As on Lambda it stands still between
// two calls, but for Windows, which cannot stop a process.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startRuntimeApi } from './runtime-api.ts';

export interface Instance {
  /** Resolves when it can take calls. @throws Error when its initialisation fails */
  readonly initialised: Promise<void>;
  /** Calls it, after the calls before. @throws Error when the handler does, or the process ends meanwhile */
  // biome-ignore lint/suspicious/noExplicitAny: each handler has a result of its own
  call(event: unknown): Promise<any>;
  stop(): Promise<void>;
}

export interface InstanceOptions {
  readonly name: string;
  /** `handlers/get.handler`, in `directory`. */
  readonly handler: string;
  readonly directory: string;
  /** All that it sees. */
  readonly env: Readonly<Record<string, string>>;
  /** Is told what it prints. */
  onOutput(chunk: string): void;
  /** Is told when it has ended by itself. */
  onEnd(): void;
}

const CLIENT = createRequire(import.meta.url).resolve('aws-lambda-ric');
const HOOKS = pathToFileURL(join(import.meta.dirname, 'runtime-hooks.ts')).href;
const CAN_FREEZE = process.platform !== 'win32';

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { name, handler, directory, env, onOutput, onEnd } = options;
  const initialised = Promise.withResolvers<void>();
  // Whoever calls it is told.
  initialised.promise.catch(() => undefined);
  let pending = 0;
  let isStopping = false;
  let initFailure: Error | undefined;

  const freeze = () => {
    initialised.resolve();
    if (CAN_FREEZE && pending === 0) child.kill('SIGSTOP');
  };
  const thaw = () => CAN_FREEZE && child.kill('SIGCONT');
  const onInitFailure = (error: Error) => {
    initFailure = error;
  };
  const api = await startRuntimeApi(name, { onIdle: freeze, onInitFailure });
  const child = spawn(process.execPath, ['--import', HOOKS, CLIENT], {
    cwd: directory,
    env: {
      ...env,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: directory,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      onOutput(`${chunk}`);
    });
  }
  const gone = new Promise<void>((resolve) => {
    // Only then all of its output is there.
    child.on('close', (code) => {
      if (!isStopping) onEnd();
      const error = initFailure ?? new Error(`${name} has ended (${code}):\n${output}`);
      initialised.reject(error);
      api.fail(error);
      resolve(api.close());
    });
  });

  let last: Promise<unknown> = initialised.promise;
  return {
    initialised: initialised.promise,
    call(event) {
      pending++;
      const result = last
        .then(() => {
          thaw();
          return api.invoke(event);
        })
        .finally(() => pending--);
      last = result.catch(() => undefined);
      return result;
    },
    async stop() {
      isStopping = true;
      child.kill('SIGKILL');
      await gone;
    },
  };
}
