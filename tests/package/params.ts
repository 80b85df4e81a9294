// What an operator changes with params. What comes of it is held against CloudFormation's resource specification as well.
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { alarmsOf } from '../../scripts/deploy/alarms.ts';
import type { Rights } from '../../scripts/deploy/rights.ts';
import { roleOf } from '../../scripts/deploy/roles.ts';
import { tableWith } from '../../scripts/deploy/table.ts';
import { loadTemplateCheck } from '../support/cloudformation.ts';
import { type Packages, packageStage } from '../support/package.ts';
import { resourcesOf } from '../support/stack.ts';

const LIMIT_MS = 60_000;
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** Params that add to the template, or change what is in it. */
const ADDING = {
  alarmTopic: 'arn:aws:sns:eu-central-1:123456789012:operators',
  faultInjection: 'on',
  kmsKey: KEY,
  logRetentionDays: '7',
  otherRate: '7',
  requestRate: '50',
  reservedConcurrency: '5',
  warmReads: '20000',
  warmWrites: '8000',
};

export async function testParams({ folder }: Packages): Promise<void> {
  const check = await loadTemplateCheck();
  describe('params', () => {
    test(
      'change names, limits and alarms',
      async () => {
        const { template } = await packageStage('primary', join(folder, 'changed'), {
          params: {
            ...ADDING,
            backlogAgeAlarmSeconds: '60',
            parameterPrefix: '/shop/tandem',
            replicaRegion: 'ap-southeast-2',
            peerRate: '30',
            retentionSeconds: '7200',
            tableName: 'records',
            throttledRequestsAlarm: '3',
          },
        });
        expect(check(template)).toEqual([]);
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
        const { DefaultRouteSettings, RouteSettings } = all('AWS::ApiGatewayV2::Stage')[0] ?? {};
        const rates = [
          DefaultRouteSettings,
          ...['GET /keys', 'PUT /key/{key+}', 'POST /digest', 'POST /replicate'].map((route) => RouteSettings[route]),
        ].map(({ ThrottlingRateLimit }) => ThrottlingRateLimit);
        expect(rates).toEqual([7, 7, 50, 30, 130]);
        const warm = { WarmThroughput: { ReadUnitsPerSecond: 20_000, WriteUnitsPerSecond: 8000 } };
        expect(all('AWS::DynamoDB::Table')[0]).toMatchObject({
          ...warm,
          GlobalSecondaryIndexes: [warm, warm],
          SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KEY },
        });
        expect(template.Resources.ThrottledRequestsAlarm?.Properties.Threshold).toBe(3);
        for (const { RetentionInDays } of all('AWS::Logs::LogGroup')) expect(RetentionInDays).toBe(7);
        const faults = functions.find(({ FunctionName }) => FunctionName === 'tandem-primary-faults');
        expect(JSON.stringify(template.Resources[faults?.Role['Fn::GetAtt'][0]])).toContain('dynamodb:GetItem');
        for (const { AlarmActions, OKActions } of all('AWS::CloudWatch::Alarm'))
          expect([AlarmActions, OKActions]).toEqual([[ADDING.alarmTopic], [ADDING.alarmTopic]]);
        expect(template.Resources.BacklogAgeAlarm?.Properties.Threshold).toBe(60);
      },
      LIMIT_MS,
    );

    test(
      'have a stage use a table that was restored, and no other one',
      async () => {
        const { template } = await packageStage('replica', join(folder, 'restored'), {
          params: { ...ADDING, restoredTable: 'restored' },
        });
        expect(check(template)).toEqual([]);
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

    test("let a function do with a customer's key what it does with the table and the tokens, and nothing else", () => {
      const environment = { TABLE_NAME: 'records', PEER_TOKEN_PARAMETER: '/peer-token', PEER_URL_PARAMETER: '/url' };
      const keyRights = (rights: Rights, kmsKey?: string) =>
        roleOf(rights, { logGroup: 'Logs', environment, kmsKey })
          .Properties.Policies[0].PolicyDocument.Statement.filter(({ Action }: { Action: string[] }) =>
            Action.some((action) => action.startsWith('kms:')),
          )
          .map(({ Action, Resource, Condition }: Record<'Action' | 'Resource' | 'Condition', unknown>) => ({
            actions: Action,
            on: Resource,
            through: Condition,
          }));
      const through = (service: string) => ({
        StringEquals: { 'kms:ViaService': { 'Fn::Sub': `${service}.\${AWS::Region}.amazonaws.com` } },
      });
      const read = { actions: ['kms:Decrypt', 'kms:DescribeKey'], on: [KEY], through: through('dynamodb') };
      const token = { actions: ['kms:Decrypt'], on: [KEY], through: through('ssm') };
      expect(keyRights({ table: 'read', settings: ['PEER_TOKEN'] }, KEY)).toEqual([read, token]);
      const write = { ...read, actions: expect.arrayContaining(['kms:Encrypt', 'kms:GenerateDataKey']) };
      expect(keyRights({ table: 'write', settings: ['PEER_URL'] }, KEY)).toEqual([write]);
      expect(keyRights({}, KEY)).toEqual([]);
      expect(keyRights({ table: 'write', settings: ['PEER_TOKEN'] })).toEqual([]);
    });

    test('that make no sense are refused by name', () => {
      const subjects = { stage: 'primary', functions: {}, table: 'records', httpApi: 'Api' };
      const settings = {
        alarmTopic: '',
        backlogAgeAlarmSeconds: '300',
        replicationFailuresAlarm: 10,
        throttledRequestsAlarm: 10,
      };
      expect(() => alarmsOf(subjects, { ...settings, serverErrorsAlarm: 'many' })).toThrow(
        /serverErrorsAlarm must be a whole number, not 'many'/,
      );
      const table = { Type: 'AWS::DynamoDB::Table', Properties: { GlobalSecondaryIndexes: [] } };
      const none = { kmsKey: '', warmReads: '', warmWrites: '' };
      expect(tableWith(table, none)).toEqual(table);
      expect(() => tableWith(table, { ...none, warmWrites: '3999' })).toThrow(
        /warmWrites must be a whole number from 4000, not '3999'/,
      );
      expect(() => tableWith(table, { ...none, kmsKey: 'alias/tandem' })).toThrow(
        /kmsKey must be the ARN of a key .*, not 'alias\/tandem'/,
      );
      const environment = { TABLE_NAME: 'records', PEER_TOKEN_PARAMETER: 'tandem/peer-token' };
      expect(() => roleOf({ settings: ['PEER_TOKEN'] }, { logGroup: 'Logs', environment })).toThrow(
        /PEER_TOKEN must have a name that starts with '\/', not 'tandem\/peer-token'/,
      );
    });
  });
}
