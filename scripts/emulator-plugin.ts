// The Serverless plugin that has the emulator answer as API Gateway does, where it would not by itself: HEAD.

interface Serverless {
  readonly service: {
    readonly functions: Record<string, { events: ReadonlyArray<{ readonly httpApi?: unknown }> }>;
  };
}

export default class EmulatorPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor({ service }: Serverless) {
    const prepare = async () => leaveHeadToGet(service);
    this.hooks = { 'before:offline:start': prepare, 'before:offline:start:init': prepare };
  }
}

/** The emulator calls the function of GET for HEAD, too; of a route of its own for HEAD it only says that it skips it. */
function leaveHeadToGet({ functions }: Serverless['service']): void {
  for (const definition of Object.values(functions)) {
    definition.events = definition.events.filter(({ httpApi }) => !`${httpApi}`.startsWith('HEAD '));
  }
}
