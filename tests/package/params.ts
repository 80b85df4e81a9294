// What an operator changes with params.
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { alarmsOf } from '../../scripts/deploy/alarms.ts';
import { roleOf } from '../../scripts/deploy/roles.ts';
import { type Packages, packageStage } from '../support/package.ts';
import { resourcesOf } from '../support/stack.ts';

const LIMIT_MS = 60_000;

export function testParams({ folder }: Packages): void {
  describe('params', () => {
    test(
      'change names, limits and alarms',
      async () => {
        const topic = 'arn:aws:sns:eu-central-1:123456789012:operators';
        const { template } = await packageStage('primary', join(folder, 'changed'), {
          params: {
            alarmTopic: topic,
            backlogAgeAlarmSeconds: '60',
            faultInjection: 'on',
            logRetentionDays: '7',
            parameterPrefix: '/shop/tandem',
            replicaRegion: 'ap-southeast-2',
            requestRate: '50',
            reservedConcurrency: '5',
            retentionSeconds: '7200',
            tableName: 'records',
          },
        });
        const all = (type: string) => resourcesOf(template, type).map(([, { Properties }]) => Properties);
        const functions = all('AWS::Lambda::Function');
        for (const { Environment, FunctionName, ReservedConcurrentExecutions } of functions) {
          expect(Environment.Variables).toMatchObject({
            PEER_REGION: 'ap-southeast-2',
            PEER_URL_PARAMETER: '/shop/tandem/replica/url',
            RETENTION_SECONDS: '7200',
            FAULT_INJECTION: 'on',
          });
          const isScheduled = FunctionName === 'tandem-primary-scheduled-repair';
          expect(ReservedConcurrentExecutions).toBe(isScheduled ? undefined : 5);
        }
        expect(all('AWS::SSM::Parameter')[0]?.Name).toBe('/shop/tandem/primary/url');
        expect(all('AWS::DynamoDB::Table')[0]?.TableName).toBe('records');
        expect(Number(all('AWS::ApiGatewayV2::Stage')[0]?.DefaultRouteSettings.ThrottlingRateLimit)).toBe(50);
        for (const { RetentionInDays } of all('AWS::Logs::LogGroup')) expect(RetentionInDays).toBe(7);
        const faults = functions.find(({ FunctionName }) => FunctionName === 'tandem-primary-faults');
        expect(JSON.stringify(template.Resources[faults?.Role['Fn::GetAtt'][0]])).toContain('dynamodb:GetItem');
        for (const { AlarmActions, OKActions } of all('AWS::CloudWatch::Alarm'))
          expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
        expect(template.Resources.BacklogAgeAlarm?.Properties.Threshold).toBe(60);
      },
      LIMIT_MS,
    );

    test(
      'have a stage use a table that was restored, and no other one',
      async () => {
        const { template } = await packageStage('replica', join(folder, 'restored'), {
          params: { restoredTable: 'restored' },
        });
        const all = (type: string) => resourcesOf(template, type).map(([, { Properties }]) => Properties);
        for (const { Environment } of all('AWS::Lambda::Function'))
          expect(Environment.Variables).toMatchObject({ ROLE: 'replica', TABLE_NAME: 'restored' });
        expect(all('AWS::DynamoDB::Table')[0]?.TableName).toBe('tandem-replica');
        const policies = JSON.stringify(all('AWS::IAM::Role'));
        expect(policies).toMatch(/dynamodb:UpdateItem.*table\/restored"/);
        expect(policies).not.toContain('table/tandem-');
        const names = all('AWS::CloudWatch::Alarm').map(({ AlarmName }) => AlarmName);
        expect(names).toContain('tandem-replica-backlog-age');
        expect(names.filter((name) => !name.startsWith('tandem-replica-'))).toEqual([]);
      },
      LIMIT_MS,
    );

    test('that make no sense are refused by name', () => {
      const subjects = { stage: 'primary', functions: {}, table: 'records', httpApi: 'Api' };
      const settings = { alarmTopic: '', backlogAgeAlarmSeconds: '300', replicationFailuresAlarm: 10 };
      expect(() => alarmsOf(subjects, { ...settings, serverErrorsAlarm: 'many' })).toThrow(
        /serverErrorsAlarm must be a whole number, not 'many'/,
      );
      const environment = { TABLE_NAME: 'records', PEER_TOKEN_PARAMETER: 'tandem/peer-token' };
      expect(() => roleOf({ settings: ['PEER_TOKEN'] }, { logGroup: 'Logs', environment })).toThrow(
        /PEER_TOKEN must have a name that starts with '\/', not 'tandem\/peer-token'/,
      );
    });
  });
}
