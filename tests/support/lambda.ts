// A deployed function: one or more processes of it, which take its calls in turns.
import { type Instance, type InstanceOptions, startInstance } from './lambda-instance.ts';

export interface LambdaFunction {
  /** Starts its processes, as far as they are not there. @throws Error when the handler cannot be loaded */
  load(): Promise<void>;
  /** Calls it. @throws Error when the handler does, or its process ends */
  // biome-ignore lint/suspicious/noExplicitAny: each handler has a result of its own
  invoke(event: unknown): Promise<any>;
  /** What it has logged. */
  output(): string;
  /** How many processes have ended by themselves so far. */
  readonly ended: number;
  stop(): Promise<void>;
}

export interface LambdaOptions extends Pick<InstanceOptions, 'name' | 'handler' | 'directory' | 'env'> {
  /** How many processes it has at a time. */
  readonly processes?: number;
}

export function lambdaFunction({ processes = 1, ...options }: LambdaOptions): LambdaFunction {
  /** Whose turn it is first comes first. */
  let instances: Promise<Instance>[] = [];
  let output = '';
  let ended = 0;

  function start(): Promise<Instance> {
    const instance = startInstance({
      ...options,
      onOutput: (chunk) => (output += chunk),
      onEnd: () => {
        ended++;
        instances = instances.filter((each) => each !== instance);
      },
    });
    return instance;
  }

  /** The next in turn; one more, where there are not enough yet. */
  async function take(): Promise<Instance> {
    const next = instances.length < processes ? start() : (instances.shift() as Promise<Instance>);
    instances.push(next);
    return next;
  }

  return {
    async load() {
      while (instances.length < processes) instances.push(start());
      for (const instance of instances) await (await instance).initialised;
    },
    invoke: async (event) => (await take()).call(event),
    output: () => output,
    get ended() {
      return ended;
    },
    async stop() {
      await Promise.all(instances.map(async (instance) => (await instance).stop()));
    },
  };
}
