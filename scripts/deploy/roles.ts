// The IAM role of a function, made of its rights.
import { type Rights, type Setting, TABLE_ACTIONS } from './rights.ts';
import type { Resource } from './template.ts';

export interface RoleOptions {
  /** The logical id of the function's log group. */
  readonly logGroup: string;
  /** Of the functions: it holds the names of the table and the parameters, and the region of the other node. */
  readonly environment: Readonly<Record<string, unknown>>;
}

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: unknown;
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

function statementsOf({ table, queries = [], settings = [] }: Rights, options: RoleOptions): Statement[] {
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
  return statements;
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
