// Runs npm, as the one who started the tests would.
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The script of npm: of the npm that runs these tests, or of the one on the path. */
function npmCli(): string {
  const { npm_execpath, PATH = '' } = process.env;
  if (npm_execpath) return npm_execpath;
  const folders = PATH.split(delimiter).flatMap((folder) => {
    const npm = join(folder, 'npm');
    const real = existsSync(npm) ? dirname(realpathSync(npm)) : folder;
    return [join(real, 'npm-cli.js'), join(folder, 'node_modules/npm/bin/npm-cli.js')];
  });
  const found = folders.find(existsSync);
  if (found === undefined) throw new Error('There is no npm on the path.');
  return found;
}

/** @returns what it printed @throws Error with all that it printed, when it fails */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const cli = npmCli();
  // On the very Node of the tests, and told as npm tells its scripts.
  const env = { ...process.env, npm_execpath: cli };
  return (await run(process.execPath, [cli, ...args], { cwd, env })).stdout;
}
