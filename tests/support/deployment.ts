// Both stages as they would run on AWS: every function of the template in a process of its own with nothing but the
// artifact, behind a gateway with the template's routes, with a DynamoDB and Parameter Stores that ask its role.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { serverOf, storeInMemory } from '../../scripts/dynamodb/store.ts';
import { tableDefinition } from '../../scripts/table.ts';
import { type FakeAws, startAws } from './aws.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type LambdaFunction, lambdaFunction } from './lambda.ts';
import { type Package, type Packages, type Stage, unzip } from './package.ts';
import { startParameterStore } from './parameter-store.ts';
import { resourcesOf, stackOf } from './stack.ts';

export interface DeployedStage {
  readonly gateway: Gateway;
  /** By name, as in serverless.yml. Their processes start when they are first called. */
  readonly functions: ReadonlyMap<string, LambdaFunction>;
  /** Calls the function that the event's route names. */
  send(event: { readonly routeKey: string }): Promise<APIGatewayProxyStructuredResultV2>;
}

export interface Deployment extends Readonly<Record<Stage, DeployedStage>> {
  readonly aws: FakeAws;
  /** Where the artifact is. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** Of each function: several on one stage, which leads at times and at times does not. */
const PROCESSES: Readonly<Record<Stage, number>> = { primary: 2, replica: 1 };

export const TOKENS = { peer: 'peer-token', write: 'write-token', read: 'read-token' };

export async function deploy(packages: Packages): Promise<Deployment> {
  const directory = join(packages.folder, 'deployed');
  await unzip(packages.primary.artifact, directory);
  // Always of the test's own: the tables are called like those of a real deployment.
  const dynamoDb = serverOf(storeInMemory());
  await new Promise<void>((resolve) => dynamoDb.listen(0, '127.0.0.1', resolve));
  const dynamoDbUrl = `http://127.0.0.1:${(dynamoDb.address() as AddressInfo).port}`;
  const stages = [packages.primary, packages.replica];
  const stacks = stages.map((each) => ({ ...each, ...stackOf(each) }));
  const stores = await Promise.all(
    stages.map(async ({ region }) => [region, await startParameterStore(secrets())] as const),
  );
  const parameterStores = Object.fromEntries(stores);
  const permissions = new Map(
    stacks.flatMap(({ stage, functions }) => functions.map(({ name, allows }) => [accessKey(stage, name), allows])),
  );
  const aws = await startAws({ permissions, parameterStores, dynamoDbUrl });

  async function start({
    stage,
    region,
    functions,
    routes,
    template,
  }: (typeof stacks)[number]): Promise<DeployedStage> {
    await createTable(template, dynamoDbUrl);
    const running = new Map(
      functions.map(({ name, handler, environment }) => {
        const env = {
          ...environment,
          AWS_REGION: region,
          AWS_ACCESS_KEY_ID: accessKey(stage, name),
          AWS_SECRET_ACCESS_KEY: 'secret',
          AWS_SESSION_TOKEN: 'session',
          AWS_ENDPOINT_URL_DYNAMODB: aws.url,
          AWS_ENDPOINT_URL_SSM: aws.url,
        };
        return [
          name,
          lambdaFunction({ name: `tandem-${stage}-${name}`, handler, directory, env, processes: PROCESSES[stage] }),
        ];
      }),
    );
    const invoke = (routeKey: string, event: unknown) => {
      const name = routes.get(routeKey);
      const target = name === undefined ? undefined : running.get(name);
      if (!target) throw new Error(`The template of the ${stage} has no route ${routeKey}.`);
      return target.invoke(event);
    };
    const gateway = await startGateway([...routes.keys()], invoke);
    const [[, parameter] = []] = resourcesOf(template, 'AWS::SSM::Parameter');
    parameterStores[region]?.parameters.set(parameter?.Properties.Name, gateway.url);
    return { gateway, functions: running, send: async (event) => invoke(event.routeKey, event) };
  }

  const [primary, replica] = (await Promise.all(stacks.map(start))) as [DeployedStage, DeployedStage];
  return {
    primary,
    replica,
    aws,
    directory,
    async stop() {
      const functions = [primary, replica].flatMap((stage) => [...stage.functions.values()]);
      await Promise.all(functions.map((each) => each.stop()));
      await Promise.all([primary.gateway.close(), replica.gateway.close(), aws.stop()]);
      await Promise.all([closed(dynamoDb), ...Object.values(parameterStores).map((store) => store.stop())]);
    },
  };
}

/** What an operator puts into each region. */
function secrets(): Record<string, string> {
  return {
    '/tandem/peer-token': TOKENS.peer,
    '/tandem/write-token': TOKENS.write,
    '/tandem/read-token': TOKENS.read,
  };
}

function accessKey(stage: Stage, name: string): string {
  return `tandem-${stage}-${name}`;
}

async function createTable(template: Package['template'], endpoint: string): Promise<void> {
  const [[, table] = []] = resourcesOf(template, 'AWS::DynamoDB::Table');
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'secret' };
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials });
  const TableName = table?.Properties.TableName;
  await client.send(new CreateTableCommand({ ...(await tableDefinition()), TableName }));
  client.destroy();
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
