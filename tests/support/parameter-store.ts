// A Parameter Store of the test's own: an HTTP server that answers AmazonSSM.GetParameters as AWS does (JSON 1.1). The
// SDK goes there when AWS_ENDPOINT_URL_SSM is its URL.
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface TestParameterStore {
  readonly url: string;
  /** By name. Each is a secure string. What the test changes counts from the next request on. */
  readonly parameters: Map<string, string>;
  /** What was asked for so far. */
  readonly requests: ParameterRequest[];
  /** While set, it answers with this error of AWS, or not at all. */
  failure: AwsFailure | 'silence' | undefined;
  /** While set, its answers wait for this. */
  held: Promise<void> | undefined;
  stop(): Promise<void>;
}

export interface ParameterRequest {
  readonly names: readonly string[];
  /** In which it was asked: the request was signed for it. */
  readonly region: string | undefined;
}

export interface AwsFailure {
  readonly status: number;
  /** For instance `AccessDeniedException`. */
  readonly type: string;
  readonly message: string;
}

interface Question {
  readonly Names: string[];
  readonly WithDecryption?: boolean;
}

export async function startParameterStore(parameters: Record<string, string> = {}): Promise<TestParameterStore> {
  const server = createServer(async (request, response) => {
    const { Names, WithDecryption }: Question = JSON.parse(await text(request));
    store.requests.push({ names: Names, region: regionOf(request) });
    const { failure } = store;
    if (failure === 'silence') return;
    const { status, content } = failure ? { status: failure.status, content: problem(failure) } : answer();
    await store.held;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(content));

    function answer() {
      const target = request.headers['x-amz-target'];
      if (target !== 'AmazonSSM.GetParameters')
        return { status: 400, content: problem({ type: 'UnknownOperationException', message: `${target}` }) };
      const isKnown = (name: string) => store.parameters.has(name);
      const found = Names.filter(isKnown).map((Name) => ({
        Name,
        Type: 'SecureString',
        Value: WithDecryption ? store.parameters.get(Name) : 'still encrypted',
        Version: 1,
      }));
      return { status: 200, content: { Parameters: found, InvalidParameters: Names.filter((name) => !isKnown(name)) } };
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const store: TestParameterStore = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    parameters: new Map(Object.entries(parameters)),
    requests: [],
    failure: undefined,
    held: undefined,
    async stop() {
      const stopped = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await stopped;
    },
  };
  return store;
}

function problem({ type, message }: Pick<AwsFailure, 'type' | 'message'>): Record<string, string> {
  return { __type: type, message };
}

/** From the scope of the signature: `Credential=<id>/<day>/<region>/ssm/aws4_request`. */
function regionOf({ headers }: IncomingMessage): string | undefined {
  return /Credential=[^/]+\/\d+\/([^/]+)\/ssm\//.exec(headers.authorization ?? '')?.[1];
}
