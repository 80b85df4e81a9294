// The process of one deployed function: loads the handler as Lambda's runtime for Node does, and answers events.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Call {
  readonly id: number;
  readonly event: unknown;
}

type Handler = (event: unknown, context: object) => Promise<unknown>;

/** What the runtime tries, in this order. */
const EXTENSIONS = ['.js', '.mjs', '.cjs'];

const { _HANDLER = '', LAMBDA_TASK_ROOT = '', AWS_LAMBDA_FUNCTION_NAME } = process.env;

async function load(): Promise<Handler> {
  const [, path = '', name = ''] = /^(.+)\.([^./]+)$/.exec(_HANDLER) ?? [];
  const handler = (await import(pathToFileURL(await fileOf(path)).href))[name];
  if (typeof handler !== 'function') throw new Error(`${_HANDLER} is not a function`);
  // From Node 24 on, the runtime refuses it.
  if (handler.length > 2) throw new Error(`${_HANDLER} takes a callback`);
  return handler;
}

async function fileOf(path: string): Promise<string> {
  for (const extension of EXTENSIONS) {
    const file = join(LAMBDA_TASK_ROOT, path + extension);
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (exists) return file;
  }
  throw new Error(`There is no ${path} in the artifact`);
}

function answer(message: object): void {
  process.send?.(message);
}

function answerError(id: number, error: unknown): void {
  answer({ id, error: error instanceof Error ? error.stack : String(error) });
}

/** What has not been called yet has the id 0: the loading itself. */
const handler = await load().catch((error: unknown) => answerError(0, error));
if (handler) {
  process.on('message', ({ id, event }: Call) => {
    const context = {
      awsRequestId: `request-${id}`,
      functionName: AWS_LAMBDA_FUNCTION_NAME,
      getRemainingTimeInMillis: () => 29_000,
    };
    handler(event, context).then(
      // Lambda makes JSON of it.
      (result) => answer({ id, json: JSON.stringify(result) }),
      (error) => answerError(id, error),
    );
  });
  answer({ id: 0 });
}
