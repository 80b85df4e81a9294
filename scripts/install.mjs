// Installs the packages that a folder's lock names and the folder lacks, before `npm start` and before the tests. It is
// JavaScript, because the Node that starts npm may know no TypeScript, and the packaged one is among what it installs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `--no-save`: the lock stays as it is. `--include=dev`: its packages are needed with NODE_ENV=production, too. */
const NPM_INSTALL = ['install', '--no-save', '--include=dev', '--no-progress', '--loglevel=error'];

for (const folder of process.argv.slice(2)) {
  if (!isInstalled(folder)) await install(folder);
  checkRuntime(folder);
}

/**
 * The binary of Node comes in a package that the lock does not name, since an install script fetches it. npm keeps what it hashed
 * to; that must be what docs/dependencies.md names for this platform, where it names anything.
 */
function checkRuntime(folder) {
  const hiddenLock = join(folder, 'node_modules/node/node_modules/.package-lock.json');
  if (!existsSync(hiddenLock)) return;
  const { version, integrity } = JSON.parse(
    readFileSync(new URL('dependencies/runtime.json', import.meta.url), 'utf8'),
  );
  const wanted = integrity[`${process.platform}-${process.arch}`];
  const found = Object.values(packagesOf(hiddenLock)).map((each) => each.integrity);
  if (wanted === undefined || found.includes(wanted)) return;
  console.error(
    `What npm has fetched as Node ${version} is not what docs/dependencies.md names. Delete node_modules, and be sure of the registry that npm is set up for, before you try again.`,
  );
  process.exit(1);
}

/**
 * Compares the lock with the hidden one, in which npm keeps what it installed. An optional package may be absent: another
 * platform's.
 */
function isInstalled(folder) {
  const hiddenLock = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(hiddenLock)) return false;
  const installed = packagesOf(hiddenLock);
  const { '': _project, ...wanted } = packagesOf(join(folder, 'package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional = false }]) =>
    installed[path] ? installed[path].version === version : optional,
  );
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** npm runs on the Node that started it, not on the packaged one, which it may have to replace. */
async function install(folder) {
  const { npm_node_execpath: node, npm_execpath: npm } = process.env;
  if (!node || !npm) throw new Error('npm has to run this: try `npm start` or `npm test`.');
  const what = folder === '.' ? 'the packages' : `the packages of ${folder}/`;
  process.stdout.write(`Installing ${what}; the first time this may take a minute or two `);
  const started = performance.now();
  const progress = setInterval(() => process.stdout.write('.'), 1000);
  const [code] = await once(
    spawn(node, [npm, ...NPM_INSTALL], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }),
    'exit',
  );
  clearInterval(progress);
  if (code !== 0) {
    console.error(`\nnpm could not install ${what}. Run \`npm ci\` in that folder to begin anew.`);
    process.exit(code ?? 1);
  }
  console.log(` done in ${Math.round((performance.now() - started) / 1000)} s`);
}
