// The floors: handlers that do nothing, on Tandem's own routes, under the same emulator with the same settings. What
// they cost is the emulator's.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { ROOT } from '../scripts/build.ts';
import { freePorts } from '../tests/support/nodes.ts';
import { ARTIFACT, addHandler } from './artifact.ts';
import type { Answer } from './inside.ts';
import { type MeasuredNode, startNode } from './nodes.ts';

const CONSTANT = 'constant';

interface Service {
  plugins: string[];
  readonly functions: Record<string, { handler: string }>;
}

/** A node whose every function is this handler. `buildArtifact` must have run. */
export async function startFloor(handler: string): Promise<MeasuredNode> {
  const service = load(await readFile(join(ROOT, 'serverless.yml'), 'utf8')) as Service;
  service.plugins = ['./emulator-plugin.ts', 'serverless-offline'];
  for (const each of Object.values(service.functions)) each.handler = `handlers/\${env:FLOOR}.handler`;
  await writeFile(join(ARTIFACT, 'serverless.yml'), dump(service));
  // A service may have no plugins from outside of its folder.
  await copyFile(join(ROOT, 'scripts/emulator-plugin.ts'), join(ARTIFACT, 'emulator-plugin.ts'));

  const [port] = (await freePorts(1)) as [number];
  const env = { FLOOR: handler, PRIMARY_PORT: `${port}` };
  return startNode({ directory: ARTIFACT, stage: 'primary', port, env });
}

/** A node that answers each method with what Tandem answered once: as many headers and bytes, and no work. */
export async function startConstantFloor(answers: Readonly<Record<'GET' | 'PUT', Answer>>): Promise<MeasuredNode> {
  await addHandler(
    CONSTANT,
    `const answers = ${JSON.stringify({ POST: answers.GET, ...answers })};
export const handler = async ({ requestContext }) => answers[requestContext?.http.method ?? 'GET'];
`,
  );
  return startFloor(CONSTANT);
}
