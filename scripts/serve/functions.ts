// The functions of the artifact in this process, called as Lambda calls them.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

type Handler = (event: unknown, context: object) => Promise<unknown>;

export interface Functions {
  call(name: string, event: unknown): Promise<APIGatewayProxyStructuredResultV2>;
}

/**
 * Loads them, which starts the node. The environment must be set: they read it once.
 * @throws ConfigError when something in the environment is wrong
 */
export async function loadFunctions(artifact: string, names: Iterable<string>): Promise<Functions> {
  const handlers = new Map<string, Handler>();
  for (const name of new Set(names)) {
    const { handler } = await import(pathToFileURL(join(artifact, 'handlers', `${name}.mjs`)).href);
    handlers.set(name, handler);
  }
  return {
    async call(name, event) {
      const handler = handlers.get(name);
      if (handler === undefined) throw new Error(`There is no function ${name} in ${artifact}.`);
      return (await handler(event, contextOf(name))) as APIGatewayProxyStructuredResultV2;
    },
  };
}

function contextOf(functionName: string): object {
  return {
    awsRequestId: randomUUID(),
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionName,
    memoryLimitInMB: '0',
    callbackWaitsForEmptyEventLoop: false,
  };
}
