// The process of a whole node: all functions of one version behind a gateway, on one port. Its arguments are the module of
// the node and the port. It tells its parent when it listens, and repairs when its parent says so, as the schedule does.
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { startGateway } from './gateway.ts';

type Handler = (event: unknown, context: { awsRequestId: string }) => Promise<APIGatewayProxyStructuredResultV2>;

/** What a module of a node exports. */
interface NodeModule {
  /** The name of the function of each route; `*` is every other route. */
  readonly routes: Readonly<Record<string, string>>;
  load(name: string): Promise<Handler>;
}

const [module = '', port = ''] = process.argv.slice(2);
const { routes, load }: NodeModule = await import(module);
const nameOf = new Map(Object.entries(routes).map(([route, name]) => [route === '*' ? '$default' : route, name]));
const handlers = new Map<string, Handler>();
for (const name of [...nameOf.values(), 'scheduled-repair']) handlers.set(name, await load(name));

let calls = 0;
async function call(name: string, event: unknown): Promise<APIGatewayProxyStructuredResultV2> {
  const handler = handlers.get(name);
  if (!handler) throw new Error(`This version has no function '${name}'.`);
  return handler(event, { awsRequestId: `request-${++calls}` });
}

await startGateway([...nameOf.keys()], (route, event) => call(nameOf.get(route) ?? '', event), {
  onPort: Number(port),
});
process.on('message', () => {
  call('scheduled-repair', {}).then(
    () => process.send?.({ repaired: true }),
    (error) => process.send?.({ error: `${error}` }),
  );
});
// Without its parent there is nobody to end it.
process.on('disconnect', () => process.exit());
process.send?.({ listening: true });
