// The Serverless plugin of the deployment: builds the artifact, and adds to the template what follows from
// serverless.yml: a role for each function, a limit for each route, the alarms, and what protects the table.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildHandlers } from '../build.ts';
import { type AlarmSettings, alarmsOf } from './alarms.ts';
import { integerParam } from './param.ts';
import { rightsOf } from './rights.ts';
import { roleOf } from './roles.ts';
import { customerKey, makeLast, type TableSettings, tableWith } from './table.ts';
import type { Resource } from './template.ts';
import { throttledMetric } from './throttled-metric.ts';
import { type ThrottleSettings, throttlesOf } from './throttles.ts';

interface Serverless {
  readonly serviceDir: string;
  readonly service: {
    readonly provider: {
      readonly environment: Record<string, unknown> & { readonly TABLE_NAME: string };
      /** Once everything else is compiled. */
      readonly compiledCloudFormationTemplate: { readonly Resources: Record<string, Resource> };
    };
    readonly functions: Record<string, FunctionDefinition>;
    readonly resources: { readonly Resources: Record<string, Resource> };
    readonly custom: { readonly deploy: DeploySettings };
    readonly package: { artifact?: string };
  };
  readonly pluginManager: { readonly plugins: readonly object[] };
  getProvider(name: 'aws'): { readonly naming: Naming; getRegion(): string; getStage(): string };
}

interface DeploySettings extends AlarmSettings, TableSettings, ThrottleSettings {
  readonly region: string;
  readonly reservedConcurrency: number | string;
}

interface FunctionDefinition {
  readonly events: ReadonlyArray<{ readonly httpApi?: unknown }>;
  role?: string;
  reservedConcurrency?: number;
}

interface Naming {
  getNormalizedFunctionName(name: string): string;
  getLambdaLogicalId(name: string): string;
  getLogGroupLogicalId(name: string): string;
  getHttpApiLogicalId(): string;
  getHttpApiStageLogicalId(): string;
  getHttpApiLogGroupLogicalId(): string;
}

/** The framework's own packager. */
interface Packager {
  zipFiles(files: readonly string[], name: string, prefix: string): Promise<string>;
}

const OUTPUT = '.build/package';
/** The logical id of the table in serverless.yml. */
const TABLE = 'RecordsTable';

export default class DeployPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor(serverless: Serverless) {
    const pack = () => packArtifact(serverless);
    this.hooks = {
      'before:package:initialize': async () => describe(serverless),
      'after:aws:package:finalize:mergeCustomProviderResources': async () => complete(serverless),
      'before:package:createDeploymentArtifacts': pack,
      'before:package:function:package': pack,
    };
  }
}

/**
 * One for all functions, the same from the same commit. Source maps stay beside it: they are four times as large as the
 * code, and to read them makes loading half as slow again.
 */
async function packArtifact({ serviceDir, service, pluginManager }: Serverless): Promise<void> {
  const folder = join(serviceDir, OUTPUT);
  await rm(folder, { recursive: true, force: true });
  await buildHandlers(folder);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.map'));
  const packager = pluginManager.plugins.find((plugin) => 'zipFiles' in plugin) as Packager | undefined;
  if (!packager) throw new Error('This version of the framework has no packager that can zip files.');
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  service.package.artifact = await packager.zipFiles(paths, 'tandem.zip', folder);
}

/** @throws Error when a function is not in the table of rights, or the region is not the one that the other node knows */
function describe(serverless: Serverless): void {
  const { provider, functions, resources, custom } = serverless.service;
  const aws = serverless.getProvider('aws');
  const { naming } = aws;
  const { region, reservedConcurrency } = custom.deploy;
  const { environment } = provider;
  const stage = aws.getStage();
  if (aws.getRegion() !== region)
    throw new Error(`Set ${stage.toUpperCase()}_REGION instead of --region: the other node must know it, too.`);

  for (const [name, definition] of Object.entries(functions)) {
    const rights = rightsOf(name, environment);
    if (!rights) throw new Error(`Say in scripts/deploy/rights.ts what the function ${name} may do.`);
    definition.role = `${naming.getNormalizedFunctionName(name)}Role`;
    const options = { logGroup: naming.getLogGroupLogicalId(name), environment, kmsKey: customerKey(custom.deploy) };
    resources.Resources[definition.role] = roleOf(rights, options);
    const answersRequests = definition.events.some(({ httpApi }) => httpApi);
    if (answersRequests && reservedConcurrency !== '')
      definition.reservedConcurrency ??= integerParam('reservedConcurrency', reservedConcurrency);
  }

  const functionIds = Object.keys(functions).map((name) => [name, naming.getLambdaLogicalId(name)]);
  const subjects = {
    stage,
    functions: Object.fromEntries(functionIds),
    table: environment.TABLE_NAME,
    httpApi: naming.getHttpApiLogicalId(),
  };
  Object.assign(resources.Resources, alarmsOf(subjects, custom.deploy), {
    [TABLE]: tableWith(resources.Resources[TABLE] as Resource, custom.deploy),
    ThrottledMetric: throttledMetric(naming.getHttpApiLogGroupLogicalId()),
  });
}

/** What depends on all other resources. @throws Error naming the param that is wrong */
function complete(serverless: Serverless): void {
  const { provider, custom } = serverless.service;
  const { naming } = serverless.getProvider('aws');
  const { Resources } = provider.compiledCloudFormationTemplate;
  throttleRoutes(Resources, naming.getHttpApiStageLogicalId(), custom.deploy);
  makeLast(Resources, TABLE);
}

/** The stage refuses a limit of a route that is not there yet. */
function throttleRoutes(resources: Record<string, Resource>, id: string, settings: ThrottleSettings): void {
  const stage = resources[id] as Resource;
  const routes = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::ApiGatewayV2::Route');
  const keys = routes.map(([, { Properties }]): string => Properties.RouteKey);
  resources[id] = {
    ...stage,
    DependsOn: [stage.DependsOn ?? [], ...routes.map(([route]) => route)].flat(),
    Properties: { ...stage.Properties, ...throttlesOf(keys, settings) },
  };
}
