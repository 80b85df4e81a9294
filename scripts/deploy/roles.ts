// The IAM role of a function, made of its rights.
import { KEY_ACTIONS, type Rights, type Setting, TABLE_ACTIONS } from './rights.ts';
import type { Resource } from './template.ts';

export interface RoleOptions {
  /** The logical id of the function's log group. */
  readonly logGroup: string;
  /** Of the functions: it holds the names of the table and the parameters, and the region of the other node. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** ARN of the customer's key that encrypts the table and the tokens; absent: AWS has one, which needs no right. */
  readonly kmsKey?: string | undefined;
}

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export function roleOf(rights: Rights, options: RoleOptions): Resource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['sts:AssumeRole'], Principal: { Service: ['lambda.amazonaws.com'] } }],
      },
      Policies: [
        {
          PolicyName: 'function',
          PolicyDocument: { Version: '2012-10-17', Statement: statementsOf(rights, options) },
        },
      ],
    },
  };
}

function statementsOf(rights: Rights, options: RoleOptions): Statement[] {
  const { table, queries = [], settings = [] } = rights;
  const statements = [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [{ 'Fn::GetAtt': [options.logGroup, 'Arn'] }]),
    // X-Ray knows no narrower resource.
    allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']),
  ];
  const tableName = options.environment.TABLE_NAME;
  if (table) statements.push(allow(TABLE_ACTIONS[table], [arn('dynamodb', `table/${tableName}`)]));
  if (queries.length > 0) {
    const indexes = queries.map((index) => arn('dynamodb', `table/${tableName}/index/${index}`));
    statements.push(allow(['dynamodb:Query'], indexes));
  }
  if (settings.length > 0) {
    const parameters = settings.map((setting) => parameterArn(setting, options.environment));
    statements.push(allow(['ssm:GetParameters'], parameters));
  }
  if (options.kmsKey !== undefined) statements.push(...keyStatements(rights, options.kmsKey));
  return statements;
}

/** With the key a function can do nothing but use the table and the tokens. The URL of the other node is no secret. */
function keyStatements({ table, settings = [] }: Rights, key: string): Statement[] {
  const statements: Statement[] = [];
  if (table) statements.push(allowThrough('dynamodb', KEY_ACTIONS[table], key));
  if (settings.some((setting) => setting !== 'PEER_URL')) statements.push(allowThrough('ssm', ['kms:Decrypt'], key));
  return statements;
}

function allowThrough(service: string, actions: readonly string[], key: string): Statement {
  const via = { 'Fn::Sub': `${service}.\${AWS::Region}.amazonaws.com` };
  return { ...allow(actions, [key]), Condition: { StringEquals: { 'kms:ViaService': via } } };
}

function allow(Action: readonly string[], Resource: readonly unknown[]): Statement {
  return { Effect: 'Allow', Action: [...Action], Resource };
}

/** The other node publishes its URL in its own region; secrets are kept in each. */
function parameterArn(setting: Setting, environment: RoleOptions['environment']): unknown {
  const name = environment[`${setting}_PARAMETER`];
  if (typeof name !== 'string' || !name.startsWith('/'))
    throw new Error(`The parameter of ${setting} must have a name that starts with '/', not '${name}'.`);
  return arn('ssm', `parameter${name}`, setting === 'PEER_URL' ? environment.PEER_REGION : undefined);
}

/** In the account and region of the stage, unless another region is given. */
function arn(service: string, resource: string, region: unknown = `\${AWS::Region}`): unknown {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${resource}` };
}
