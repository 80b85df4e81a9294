// The CloudFormation template of each stage: the table and its protections, the schedule, limits, logs, alarms.
import { describe, expect, test } from '@jest/globals';
import type { Resource } from '../../scripts/deploy/template.ts';
import { tableDefinition } from '../../scripts/table.ts';
import type { Packages } from '../support/package.ts';
import { resourcesOf } from '../support/stack.ts';

export function testTemplate(packages: Packages): void {
  describe.each(['primary', 'replica'] as const)('the template of the %s', (stage) => {
    const { template } = packages[stage];
    const all = (type: string) => resourcesOf(template, type).map(([, resource]) => resource);
    const one = (type: string) => {
      const [resource, ...more] = all(type);
      expect([type, resource !== undefined, more.length]).toEqual([type, true, 0]);
      return resource as Resource;
    };

    test('keeps the table, whatever becomes of the stack', () => {
      expect(one('AWS::DynamoDB::Table')).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { TableName: `tandem-${stage}`, DeletionProtectionEnabled: true },
      });
    });

    test('gives the table what it promises: backups, encryption, capacity on demand, an end to tombstones', async () => {
      expect(one('AWS::DynamoDB::Table').Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'forgetAt', Enabled: true },
        ...(await tableDefinition()),
      });
    });

    test('repairs every minute, whichever node leads', () => {
      const rules = all('AWS::Events::Rule');
      expect(rules.map(({ Properties }) => [Properties.ScheduleExpression, Properties.State])).toEqual([
        ['rate(1 minute)', 'ENABLED'],
      ]);
      expect(rules[0]?.Properties.Targets).toEqual([
        expect.objectContaining({ Arn: { 'Fn::GetAtt': ['ScheduledDashrepairLambdaFunction', 'Arn'] } }),
      ]);
    });

    test('publishes its URL for the other node', () => {
      expect(one('AWS::SSM::Parameter').Properties).toEqual({
        Type: 'String',
        Name: `/tandem/${stage}/url`,
        Value: { 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] },
      });
      expect(template.Outputs).toMatchObject({ TableName: { Value: { Ref: 'RecordsTable' } }, HttpApiUrl: {} });
    });

    test('has its functions traced, tagged, in time for the gateway, and their logs forgotten', () => {
      const functions = resourcesOf(template, 'AWS::Lambda::Function');
      expect(functions).toHaveLength(20);
      for (const [id, { Properties }] of functions) {
        expect(Properties).toMatchObject({
          Runtime: 'nodejs24.x',
          TracingConfig: { Mode: 'Active' },
          Timeout: id === 'ScheduledDashrepairLambdaFunction' ? 60 : 29,
          Tags: [
            { Key: 'service', Value: 'tandem' },
            { Key: 'stage', Value: stage },
          ],
        });
        expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
      }
      const logs = all('AWS::Logs::LogGroup').map(({ Properties }) => Properties);
      expect(logs.map(({ LogGroupName }) => LogGroupName).sort()).toEqual(
        functions.map(([, { Properties }]) => `/aws/lambda/${Properties.FunctionName}`).sort(),
      );
      for (const { RetentionInDays } of logs) expect(RetentionInDays).toBe(30);
    });

    test('lets the gateway hold back a flood', () => {
      expect(one('AWS::ApiGatewayV2::Stage').Properties.DefaultRouteSettings).toEqual({
        ThrottlingRateLimit: 500,
        ThrottlingBurstLimit: 1000,
      });
    });

    test('watches what an operator must know of', () => {
      const alarms = all('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
      const watched = alarms.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`);
      const functions = all('AWS::Lambda::Function').length;
      const times = (count: number, metric: string) => Array.from({ length: count }, () => metric);
      const replication = [
        'Tandem BacklogAge',
        'Tandem Divergent',
        'Tandem ReplicationFailures',
        'AWS/Lambda Errors',
        'AWS/Lambda Invocations',
      ];
      expect(watched.sort()).toEqual(
        [
          'AWS/ApiGateway 5xx',
          ...times(functions, 'AWS/Lambda Throttles'),
          ...times(3, 'AWS/DynamoDB ReadThrottleEvents'),
          ...times(3, 'AWS/DynamoDB WriteThrottleEvents'),
          ...replication,
        ].sort(),
      );
      expect(new Set(alarms.map(({ AlarmName }) => AlarmName)).size).toBe(alarms.length);
      for (const { Dimensions } of alarms) expect(Dimensions).not.toEqual([]);
    });
  });

  test.each(['primary', 'replica'] as const)(
    'the alarms of the %s are about its own node, as long as that leads',
    (stage) => {
      const alarm = (name: string) => packages[stage].template.Resources[name]?.Properties;
      const ofNode = {
        Dimensions: [{ Name: 'service', Value: `tandem-${stage}` }],
        Statistic: 'Maximum',
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      };
      expect(alarm('BacklogAgeAlarm')).toMatchObject({ ...ofNode, Threshold: 300 });
      expect(alarm('DivergentAlarm')).toMatchObject({ ...ofNode, Threshold: 0 });
      expect(alarm('RepairMissingAlarm')).toMatchObject({
        MetricName: 'Invocations',
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'ScheduledDashrepairLambdaFunction' } }],
        Statistic: 'Sum',
        ComparisonOperator: 'LessThanThreshold',
        Threshold: 1,
        TreatMissingData: 'breaching',
      });
    },
  );
}
