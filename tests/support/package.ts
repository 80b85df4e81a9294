// What `sls package` makes of both stages, without credentials and without a network.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Template } from '../../scripts/deploy/template.ts';
import { COMPILE_CACHE, ROOT } from '../../scripts/root.ts';

export type Stage = 'primary' | 'replica';

export const REGIONS: Readonly<Record<Stage, string>> = { primary: 'eu-central-1', replica: 'eu-west-1' };

export interface Package {
  readonly stage: Stage;
  readonly region: string;
  /** What the framework would upload. */
  readonly directory: string;
  readonly template: Template;
  readonly artifact: string;
}

export interface Packages extends Readonly<Record<Stage, Package>> {
  /** Outside the project, for what the tests unpack. */
  readonly folder: string;
  remove(): Promise<void>;
}

const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
const NO_NETWORK = pathToFileURL(join(import.meta.dirname, 'no-network.ts')).href;
/** Of the framework, which has no network to wait for. */
const LIMIT_MS = 300_000;

/** Both stages. @param env in which somebody packages who has tokens in the environment */
export async function packageStages(env: Readonly<Record<string, string>>): Promise<Packages> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-package-'));
  const remove = () => rm(folder, { recursive: true });
  try {
    // One after the other: the framework puts both together in the same place.
    const primary = await packageStage('primary', join(folder, 'primary'), { env });
    const replica = await packageStage('replica', join(folder, 'replica'), { env });
    return { folder, primary, replica, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface PackageOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Over the command line. */
  readonly params?: Readonly<Record<string, string>>;
}

/** @param directory does not exist yet. @throws Error with what the framework says when it fails */
export async function packageStage(
  stage: Stage,
  directory: string,
  { env = {}, params = {} }: PackageOptions = {},
): Promise<Package> {
  const { PATH = '' } = process.env;
  const options = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
  const command = [SERVERLESS, 'package', '--stage', stage, '--package', directory, ...options];
  await promisify(execFile)(process.execPath, command, {
    cwd: ROOT,
    env: {
      PATH,
      // Where there are no credentials.
      HOME: directory,
      USERPROFILE: directory,
      PRIMARY_REGION: REGIONS.primary,
      REPLICA_REGION: REGIONS.replica,
      NODE_OPTIONS: `--import=${NO_NETWORK}`,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...env,
    },
    timeout: LIMIT_MS,
  });
  const template = await readFile(join(directory, 'cloudformation-template-update-stack.json'), 'utf8');
  return {
    stage,
    region: REGIONS[stage],
    directory,
    template: JSON.parse(template),
    artifact: join(directory, 'tandem.zip'),
  };
}

interface ZipEntry {
  readonly fileName: string;
}

interface Zip {
  eachEntry(): AsyncIterable<ZipEntry>;
  openReadStreamPromise(entry: ZipEntry): Promise<NodeJS.ReadableStream>;
}

/** Into a folder that is not there yet, with the library that comes with the framework. */
export async function unzip(file: string, folder: string): Promise<void> {
  const zip: Zip = await createRequire(SERVERLESS)('yauzl').openPromise(file);
  for await (const entry of zip.eachEntry()) {
    const target = join(folder, entry.fileName);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await buffer(await zip.openReadStreamPromise(entry)), { flag: 'wx' });
  }
}
