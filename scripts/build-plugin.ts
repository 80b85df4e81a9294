// The local Serverless plugin: builds the handlers before they are emulated, and the console, which may be opened as a file;
// checks what would only fail at the first request otherwise, the configuration and the port; and has the emulator refuse
// strangers.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuseStrangersInEmulator } from './browsers/emulator.ts';
import { buildHandlers } from './build.ts';
import { buildConsole } from './build-console.ts';
import { isForOperator } from './for-operator.ts';
import { assertPortsFree } from './ports.ts';
import { signOfNode } from './running.ts';

interface Serverless {
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly serviceDir: string;
  readonly service: {
    readonly provider: { environment: Record<string, unknown> };
    readonly functions: Record<string, { readonly handler: string }>;
    readonly custom: {
      readonly local: { readonly environment: Record<string, string> };
      /** The port is a text where it comes from the environment. */
      'serverless-offline': { httpPort: number | string; location?: string };
    };
  };
}

const OUTPUT = '.build/offline';

export default class BuildPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor(serverless: Serverless) {
    const prepare = () =>
      prepareOffline(serverless).catch((error: Error) => {
        // The emulator shows one of its own errors without a stack trace.
        throw isForOperator(error) ? new serverless.classes.Error(error.message, 'CONFIG_ERROR') : error;
      });
    this.hooks = { 'before:offline:start': prepare, 'before:offline:start:init': prepare };
  }
}

async function prepareOffline({ serviceDir, service }: Serverless): Promise<void> {
  const offline = service.custom['serverless-offline'];
  const { environment } = service.custom.local;
  const role = environment.ROLE?.toUpperCase();
  const port = Number(offline.httpPort);
  await assertPortsFree([{ port, variable: `${role}_PORT`, sign: signOfNode(port) }]);
  await refuseStrangersInEmulator();
  await Promise.all([buildHandlers(join(serviceDir, OUTPUT)), buildConsole()]);
  offline.location = OUTPUT;
  service.provider.environment = environment;
  // The emulator sets the environment and loads a function only when it is first called. Loaded now, all functions come
  // from one build, a wrong configuration is told at once, and a primary starts to recover.
  Object.assign(process.env, environment, { IS_OFFLINE: 'true' });
  for (const { handler } of Object.values(service.functions)) {
    await import(pathToFileURL(join(serviceDir, OUTPUT, handler.replace(/\.\w+$/, '.mjs'))).href);
  }
}
