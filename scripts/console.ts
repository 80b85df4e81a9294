// Builds the console, and serves it: the files of ui/, and in front of them the launcher.
import { once } from 'node:events';
import { join } from 'node:path';
import { intercept } from './browsers/intercept.ts';
import { NO_OTHERS } from './browsers/known-pages.ts';
import { refuseStrangers } from './browsers/refuse-strangers.ts';
import { consolePages } from './console-pages.ts';
import { buildUnlessFresh } from './fresh.ts';
import type { Launcher } from './launcher/launcher.ts';
import { launcherRoutes } from './launcher/routes.ts';
import { nodePort, type PortUse, portOf, USUAL_PORTS } from './ports.ts';
import { ROOT } from './root.ts';
import { signOfConsole } from './running.ts';

const UI = join(ROOT, 'ui');
const BUILT = join(UI, 'built');
/** What the build depends on. */
const SOURCES = ['ui', 'lib', 'scripts/build-console.ts', 'package-lock.json'];

export function consolePort(): PortUse {
  const use = portOf('CONSOLE_PORT', 8000);
  return { ...use, sign: signOfConsole(use.port) };
}

/**
 * @param launcher of the nodes that this process has started, if it has
 * @returns its address, once it serves
 */
export async function serveConsole(launcher?: Launcher): Promise<string> {
  const { port } = consolePort();
  // Once both files are there; esbuild takes as long to start as a node.
  await buildUnlessFresh(join(BUILT, 'console.js'), SOURCES, async () => {
    const { buildConsole } = await import('./build-console.ts');
    await buildConsole(BUILT);
  });
  // An import would load all that it exports: see lib/builtin.ts.
  const server = process.getBuiltinModule('node:http').createServer(consolePages());
  intercept(server, launcherRoutes(launcher));
  refuseStrangers(server, NO_OTHERS);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  // A connection that cannot be taken, for want of file descriptors for instance. Unheard, it would end the nodes, too.
  server.on('error', ({ message }) => console.error(`The console: ${message}`));
  return addressOf(port);
}

/** With other ports than the usual ones the console is told where the nodes are. */
function addressOf(port: number): string {
  const address = `http://localhost:${port}`;
  const [primary, replica] = [nodePort('primary').port, nodePort('replica').port];
  if (primary === USUAL_PORTS.primary && replica === USUAL_PORTS.replica) return address;
  const nodes = { primary: `http://localhost:${primary}`, replica: `http://localhost:${replica}` };
  return `${address}/?${new URLSearchParams(nodes)}`;
}
