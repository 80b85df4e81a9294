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
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
        Properties: { TableName: `tandem-${stage}`, DeletionProtectionEnabled: true },
      });
    });

    test('leaves nothing behind that blocks the next one: the table, which cannot be taken back, is made last', () => {
      const [[table, { DependsOn }] = ['', {} as Resource]] = resourcesOf(template, 'AWS::DynamoDB::Table');
      const others = Object.keys(template.Resources).filter((id) => id !== table);
      expect([...(DependsOn ?? [])].sort()).toEqual(others.sort());
      const kept = Object.values(template.Resources).filter(
        ({ DeletionPolicy = 'Delete' }) => DeletionPolicy !== 'Delete',
      );
      expect(kept.map(({ Type }) => Type)).toEqual(['AWS::DynamoDB::Table']);
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
      expect(functions).toHaveLength(24);
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
      const accessLog = `/aws/http-api/tandem-${stage}`;
      const logs = all('AWS::Logs::LogGroup').map(({ Properties }) => Properties);
      expect(logs.map(({ LogGroupName }) => LogGroupName).sort()).toEqual(
        [...functions.map(([, { Properties }]) => `/aws/lambda/${Properties.FunctionName}`), accessLog].sort(),
      );
      for (const { RetentionInDays } of logs) expect(RetentionInDays).toBe(30);
    });

    test('lets the gateway hold back a flood, on each route by itself', () => {
      const { Properties, DependsOn } = one('AWS::ApiGatewayV2::Stage');
      const throttle = (rate: number, burst: number) => ({ ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst });
      expect(Properties.DefaultRouteSettings).toEqual(throttle(45, 45));
      const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route');
      // A limit of a route that is not there yet fails the deployment.
      expect(DependsOn).toEqual(['HttpApiLogGroup', ...routes.map(([id]) => id)]);
      const ofKeys = ['GET', 'HEAD', 'PUT', 'DELETE'].map((method) => `${method} /key/{key+}`);
      const betweenNodes = ['GET /digest', 'POST /digest', 'POST /handshake', 'POST /switchover'];
      for (const [, { Properties: route }] of routes) {
        const { RouteKey } = route;
        const limit = { route: RouteKey, ...Properties.RouteSettings[RouteKey] };
        if (ofKeys.includes(RouteKey)) expect(limit).toEqual({ route: RouteKey, ...throttle(500, 500) });
        else if (betweenNodes.includes(RouteKey)) expect(limit).toEqual({ route: RouteKey, ...throttle(100, 100) });
        // Whatever clients can write: by PUT and by DELETE.
        else if (RouteKey === 'POST /replicate') expect(limit).toEqual({ route: RouteKey, ...throttle(1100, 1100) });
        else expect(limit).toEqual({ route: RouteKey, ...throttle(45, 45) });
      }
      expect(Object.keys(Properties.RouteSettings)).toHaveLength(routes.length);
    });

    test('lets through less than the account, so that its limit is not what clients use up', () => {
      const { RouteSettings, DefaultRouteSettings } = one('AWS::ApiGatewayV2::Stage').Properties;
      const limits: Array<Record<string, number>> = [DefaultRouteSettings, ...Object.values<never>(RouteSettings)];
      const sumOf = (name: string) => limits.reduce((sum, limit) => sum + (limit[name] ?? 0), 0);
      // Both stages may be in one region. An account begins with 10,000 a second and 5,000 at one moment.
      expect(2 * sumOf('ThrottlingRateLimit')).toBeLessThanOrEqual(10_000);
      expect(sumOf('ThrottlingBurstLimit')).toBeLessThanOrEqual(5000);
      // docs/operations.md says what that may cost.
      expect(sumOf('ThrottlingRateLimit')).toBe(4940);
    });

    test('counts the requests that the gateway turns away, and logs no key', () => {
      const { AccessLogSettings } = one('AWS::ApiGatewayV2::Stage').Properties;
      const line = JSON.parse(AccessLogSettings.Format);
      expect(line).toEqual({
        service: `tandem-${stage}`,
        time: '$context.requestTime',
        requestId: '$context.requestId',
        route: '$context.routeKey',
        status: '$context.status',
        ip: '$context.identity.sourceIp',
      });
      const { MetricTransformations, ...filter } = one('AWS::Logs::MetricFilter').Properties;
      expect(filter).toEqual({ LogGroupName: { Ref: 'HttpApiLogGroup' }, FilterPattern: '{ $.status = "429" }' });
      const alarm = template.Resources.ThrottledRequestsAlarm?.Properties;
      const [{ MetricNamespace, MetricName, Dimensions }] = MetricTransformations;
      expect([alarm?.Namespace, alarm?.MetricName]).toEqual([MetricNamespace, MetricName]);
      expect(Dimensions).toEqual([{ Key: 'service', Value: '$.service' }]);
      expect(alarm?.Dimensions).toEqual([{ Name: 'service', Value: line.service }]);
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
          'Tandem/Gateway Throttled',
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
