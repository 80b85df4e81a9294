// A browser for tests and screenshots, on a machine that may have none: on Linux the one inside @sparticuz/chromium,
// elsewhere an installed Chrome or Edge. And the console, served as `npm start` serves it.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { intercept } from '../../scripts/browsers/intercept.ts';
import { NO_OTHERS } from '../../scripts/browsers/known-pages.ts';
import { refuseStrangers } from '../../scripts/browsers/refuse-strangers.ts';
import { buildConsole } from '../../scripts/build-console.ts';
import { consolePages } from '../../scripts/console-pages.ts';
import { launcherRoutes } from '../../scripts/launcher/routes.ts';
import type { Pair } from './nodes.ts';

export {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  errors,
  type Locator,
  type Page,
} from 'playwright-core';

/** The browser's package is installed here: tests/package.json. */
const TESTS = join(import.meta.dirname, '..');
export const CONSOLE_FILES = join(TESTS, '../ui');

/** Not the arguments of @sparticuz/chromium: they switch CORS off, and the console has to live with it. */
const ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // Nothing is asked of any other machine, whatever address a test makes up. Names of .example lead to this one.
  '--host-resolver-rules=MAP *.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];
const INSTALLED = ['chrome', 'msedge'];

export async function launchBrowser(): Promise<Browser> {
  if (process.platform === 'linux' && process.arch === 'x64') {
    const home = await unpackedBrowser();
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: join(home, 'al2023/lib'),
      FONTCONFIG_FILE: join(home, 'fonts.conf'),
    };
    return chromium.launch({ executablePath: join(home, 'chromium'), args: ARGS, env });
  }
  const failures: unknown[] = [];
  for (const channel of INSTALLED) {
    try {
      return await chromium.launch({ channel, args: ARGS });
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `Install one of ${INSTALLED.join(', ')}: the browser tests need it.`);
}

export interface ServedConsole {
  readonly url: string;
  stop(): Promise<void>;
}

export async function serveConsole(): Promise<ServedConsole> {
  await buildConsole();
  const server = createServer(consolePages());
  intercept(server, launcherRoutes());
  refuseStrangers(server, NO_OTHERS);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface NodeAddresses {
  readonly primary: string;
  readonly replica: string;
}

export function addressesOf({ primary, replica }: Pair): NodeAddresses {
  return { primary: primary.url, replica: replica.url };
}

/** The part of the page's address that says which pair to show. */
export function consoleQuery({ primary, replica }: NodeAddresses): string {
  return `?${new URLSearchParams({ primary, replica })}`;
}

/**
 * The folder with the browser of @sparticuz/chromium, unpacked once per version. In a process of its own, because the
 * package unpacks the libraries that a bare system lacks only where the environment looks like Lambda; and moved into
 * place when complete, because test files run side by side.
 */
async function unpackedBrowser(): Promise<string> {
  const manifest = await readFile(join(TESTS, 'node_modules/@sparticuz/chromium/package.json'), 'utf8');
  const home = join(tmpdir(), `tandem-chromium-${JSON.parse(manifest).version}`);
  if (existsSync(home)) return home;
  const fresh = await mkdtemp(`${home}-`);
  const unpack = "import chromium from '@sparticuz/chromium'; await chromium.executablePath();";
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', unpack], {
    cwd: TESTS,
    env: { ...process.env, TMPDIR: fresh, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
  });
  await writeFile(join(fresh, 'fonts.conf'), fontConfiguration(join(home, 'fonts')));
  await rename(fresh, home).catch(() => rm(fresh, { recursive: true }));
  return home;
}

/** The system's fonts, if there are any, and the package's Open Sans first. */
function fontConfiguration(folder: string): string {
  const prefer = (family: string) =>
    `<match target="pattern"><test name="family"><string>${family}</string></test>` +
    '<edit name="family" mode="prepend" binding="strong"><string>Open Sans</string></edit></match>';
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>${folder}</dir>
${prefer('system-ui')}${prefer('sans-serif')}</fontconfig>`;
}
