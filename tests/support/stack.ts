// A CloudFormation template read as AWS would: references become names and ARNs, roles become what they allow.
import type { Resource, Template } from '../../scripts/deploy/template.ts';
import type { Package } from './package.ts';

export const ACCOUNT = '123456789012';

export interface StackFunction {
  /** As it is called in serverless.yml. */
  readonly name: string;
  /** `handlers/get.handler` */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleId: string;
  readonly logGroupArn: string;
  readonly allows: readonly Permission[];
}

export interface Permission {
  readonly action: string;
  readonly resource: string;
}

export interface Stack {
  readonly functions: readonly StackFunction[];
  /** The name of the function that takes each route, `$default` included. */
  readonly routes: ReadonlyMap<string, string>;
}

type Named = readonly [id: string, resource: Resource];

export function stackOf({ stage, region, template }: Package): Stack {
  const arnOf = (service: string, rest: string) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
  const functionName = (id: string) =>
    (template.Resources[id] as Resource).Properties.FunctionName.slice(`tandem-${stage}-`.length);

  function resolve(value: unknown): string {
    if (typeof value === 'string') return value;
    const [[intrinsic, argument] = []] = Object.entries(value as object);
    if (intrinsic === 'Ref') return refOf(argument);
    if (intrinsic === 'Fn::GetAtt' && argument[1] === 'Arn') return arn(argument[0]);
    if (intrinsic === 'Fn::Sub') return argument.replaceAll(/\$\{([^}]+)\}/g, (_: string, name: string) => sub(name));
    throw new Error(`What is ${JSON.stringify(value)}?`);
  }

  function refOf(id: string): string {
    const { Type, Properties } = template.Resources[id] as Resource;
    if (Type === 'AWS::DynamoDB::Table') return Properties.TableName;
    throw new Error(`What is the name of ${id}?`);
  }

  function sub(name: string): string {
    if (name.endsWith('.Arn')) return arn(name.slice(0, -'.Arn'.length));
    const pseudo: Record<string, string> = {
      'AWS::Partition': 'aws',
      'AWS::Region': region,
      'AWS::AccountId': ACCOUNT,
    };
    if (pseudo[name] === undefined) throw new Error(`What is \${${name}}?`);
    return pseudo[name];
  }

  function arn(id: string): string {
    const { Type, Properties } = template.Resources[id] as Resource;
    if (Type === 'AWS::DynamoDB::Table') return arnOf('dynamodb', `table/${Properties.TableName}`);
    if (Type === 'AWS::Logs::LogGroup') return arnOf('logs', `log-group:${Properties.LogGroupName}:*`);
    throw new Error(`What is the ARN of ${id}?`);
  }

  function functionOf([, { Properties }]: Named): StackFunction {
    const roleId = Properties.Role['Fn::GetAtt'][0];
    const variables = Object.entries(Properties.Environment.Variables);
    return {
      name: Properties.FunctionName.slice(`tandem-${stage}-`.length),
      handler: Properties.Handler,
      environment: Object.fromEntries(variables.map(([name, value]) => [name, resolve(value)])),
      roleId,
      logGroupArn: arnOf('logs', `log-group:/aws/lambda/${Properties.FunctionName}:*`),
      allows: statementsOf(template.Resources[roleId] as Resource).flatMap(({ Action, Resource }) =>
        Action.flatMap((action) => Resource.map((resource) => ({ action, resource: resolve(resource) }))),
      ),
    };
  }

  const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => {
    const integrationId = Properties.Target['Fn::Join'][1][1].Ref;
    const integration = template.Resources[integrationId] as Resource;
    return [Properties.RouteKey, functionName(integration.Properties.IntegrationUri['Fn::GetAtt'][0])] as const;
  });
  return {
    functions: resourcesOf(template, 'AWS::Lambda::Function').map(functionOf),
    routes: new Map(routes),
  };
}

export function resourcesOf(template: Template, type: string): Named[] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly unknown[];
}

/** @throws Error when a role has more than its one inline policy, or denies something: this reads neither */
function statementsOf({ Properties }: Resource): readonly Statement[] {
  const [policy, ...more] = Properties.Policies;
  if (more.length > 0 || Properties.ManagedPolicyArns) throw new Error('This role has further policies.');
  const statements: Statement[] = policy.PolicyDocument.Statement;
  if (statements.some(({ Effect }) => Effect !== 'Allow')) throw new Error('This role denies something.');
  return statements;
}
