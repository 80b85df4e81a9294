// The Serverless plugin that has the emulator answer as API Gateway does, where it would not by itself: HEAD, Range and a slash at
// the end of a path; that closes the port on which it takes events for any function; and that leaves out the schedule, with
// SCHEDULE=off. It imports no other file of this project: bench/floor.ts copies it.

interface Serverless {
  readonly service: {
    readonly functions: Record<
      string,
      { events: ReadonlyArray<{ readonly httpApi?: unknown; readonly schedule?: unknown }> }
    >;
  };
}

/** Of serverless-offline: one server of hapi for all routes. */
interface HttpServer {
  getServer(): {
    readonly settings: { readonly router: { stripTrailingSlash: boolean } };
    table(): ReadonlyArray<{ readonly settings: { readonly response: { ranges: boolean } } }>;
  };
  start(): Promise<void>;
}

export default class EmulatorPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor({ service }: Serverless) {
    const prepare = async () => {
      leaveHeadToGet(service);
      if (process.env.SCHEDULE === 'off') leaveOutSchedule(service);
      await answerAsTheGateway();
      await closeLambdaPort();
    };
    this.hooks = { 'before:offline:start': prepare, 'before:offline:start:init': prepare };
  }
}

/** The emulator calls the function of GET for HEAD, too; of a route of its own for HEAD it only says that it skips it. */
function leaveHeadToGet({ functions }: Serverless['service']): void {
  for (const definition of Object.values(functions)) {
    definition.events = definition.events.filter(({ httpApi }) => !`${httpApi}`.startsWith('HEAD '));
  }
}

/** For whoever wants to see what heals without it. */
function leaveOutSchedule({ functions }: Serverless['service']): void {
  for (const definition of Object.values(functions)) {
    definition.events = definition.events.filter(({ schedule }) => schedule === undefined);
  }
}

/**
 * hapi would answer Range with a slice of the JSON. API Gateway does not know it: there the answer is whole. And it would take
 * a slash away that ends a path: `DELETE /divergent/`, which names no key, would be `DELETE /divergent`.
 */
async function answerAsTheGateway(): Promise<void> {
  const { prototype } = await serverOf<HttpServer>('events/http');
  const { start } = prototype;
  prototype.start = function () {
    const server = this.getServer();
    server.settings.router.stripTrailingSlash = false;
    for (const route of server.table()) route.settings.response.ranges = false;
    return start.call(this);
  };
}

/** On it every program, and so every page, could call any function, past the gateway and past tokens. Nothing here needs it. */
async function closeLambdaPort(): Promise<void> {
  const { prototype } = await serverOf<Pick<HttpServer, 'start'>>('lambda');
  prototype.start = async () => {};
}

/** One of the servers of serverless-offline. */
async function serverOf<S>(part: 'events/http' | 'lambda'): Promise<{ readonly prototype: S }> {
  const file = new URL(`./${part}/HttpServer.js`, import.meta.resolve('serverless-offline'));
  return (await import(file.href)).default;
}
