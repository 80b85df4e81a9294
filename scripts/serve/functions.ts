// The functions of the artifact in this process, called as Lambda calls them.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

type Handler = (event: unknown, context: object) => Promise<unknown>;

export interface Functions {
  /** @param event of the gateway. Absent: of the schedule */
  call(name: string, event?: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2>;
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
    call(name, event) {
      const handler = handlers.get(name);
      if (handler === undefined) return Promise.reject(new Error(`There is no function ${name} in ${artifact}.`));
      return handler(
        event ?? {},
        contextOf(name, event?.requestContext.requestId ?? randomUUID()),
      ) as Promise<APIGatewayProxyStructuredResultV2>;
    },
  };
}

function contextOf(functionName: string, awsRequestId: string): object {
  return {
    awsRequestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionName,
    memoryLimitInMB: '0',
    callbackWaitsForEmptyEventLoop: false,
  };
}
