// The Serverless plugin that has the emulator answer as API Gateway does, where it would not by itself: HEAD and Range.

interface Serverless {
  readonly service: {
    readonly functions: Record<string, { events: ReadonlyArray<{ readonly httpApi?: unknown }> }>;
  };
}

/** Of serverless-offline: one server of hapi for all routes. */
interface HttpServer {
  getServer(): { table(): ReadonlyArray<{ readonly settings: { readonly response: { ranges: boolean } } }> };
  start(): Promise<void>;
}

export default class EmulatorPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor({ service }: Serverless) {
    const prepare = async () => {
      leaveHeadToGet(service);
      await refuseRanges();
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

/** hapi would answer Range with a slice of the JSON. API Gateway does not know it: there the answer is whole. */
async function refuseRanges(): Promise<void> {
  const file = new URL('./events/http/HttpServer.js', import.meta.resolve('serverless-offline'));
  const { prototype }: { prototype: HttpServer } = (await import(file.href)).default;
  const { start } = prototype;
  prototype.start = function () {
    for (const { settings } of this.getServer().table()) settings.response.ranges = false;
    return start.call(this);
  };
}
