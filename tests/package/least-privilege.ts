// What each function may do. That it may do enough, the artifact's tests show: the fake AWS asks the roles.
import { describe, expect, test } from '@jest/globals';
import type { Packages } from '../support/package.ts';
import { ACCOUNT, resourcesOf, type StackFunction, stackOf } from '../support/stack.ts';

/** AWS has no narrower resource for these. */
const NEEDS_ANY_RESOURCE = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
/** Of every action of DynamoDB these only read. */
const READS = ['dynamodb:DescribeTable', 'dynamodb:GetItem', 'dynamodb:Query'];
/** Write and repair, and heal beside. */
const HEALING = ['acknowledge', 'batch', 'delete', 'patch', 'put', 'repair', 'scheduled-repair', 'switchover'];

export function testLeastPrivilege(packages: Packages): void {
  describe.each(['primary', 'replica'] as const)('on the %s', (stage) => {
    const { template, region } = packages[stage];
    const { functions } = stackOf(packages[stage]);
    const named = (condition: (each: StackFunction) => boolean) =>
      functions
        .filter(condition)
        .map(({ name }) => name)
        .sort();
    const may = ({ allows }: StackFunction, action: RegExp) => allows.filter((each) => action.test(each.action));

    test('every function has a role of its own, for Lambda only, and there are no other policies', () => {
      const roles = resourcesOf(template, 'AWS::IAM::Role');
      expect(functions.map(({ roleId }) => roleId).sort()).toEqual(roles.map(([id]) => id).sort());
      for (const [, { Properties }] of roles) {
        expect(Object.keys(Properties).sort()).toEqual(['AssumeRolePolicyDocument', 'Policies']);
        expect(Properties.AssumeRolePolicyDocument.Statement).toEqual([
          { Effect: 'Allow', Action: ['sts:AssumeRole'], Principal: { Service: ['lambda.amazonaws.com'] } },
        ]);
      }
      const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
      expect([...types].filter((type) => type.startsWith('AWS::IAM::'))).toEqual(['AWS::IAM::Role']);
    });

    test('no action and no resource is a wildcard, but for what AWS requires', () => {
      for (const { name, allows, logGroupArn } of functions) {
        const wild = allows.filter(({ action, resource }) => `${action}${resource}`.includes('*'));
        expect({ name, wild }).toEqual({
          name,
          wild: [
            // The streams in the function's own log group: Lambda names them.
            { action: 'logs:CreateLogStream', resource: logGroupArn },
            { action: 'logs:PutLogEvents', resource: logGroupArn },
            ...NEEDS_ANY_RESOURCE.map((action) => ({ action, resource: '*' })),
          ],
        });
      }
    });

    test('only the functions that write may write, and only to the table of their stage', () => {
      const writers = named(({ allows }) =>
        allows.some(({ action }) => action.startsWith('dynamodb:') && !READS.includes(action)),
      );
      expect(writers).toEqual([...HEALING, 'digest', 'handshake', 'node-status', 'promote', 'replicate'].sort());
      const table = `arn:aws:dynamodb:${region}:${ACCOUNT}:table/tandem-${stage}`;
      const resources = functions.flatMap((each) => may(each, /^dynamodb:/).map(({ resource }) => resource));
      expect([...new Set(resources)].sort()).toEqual([table, `${table}/index/backlog`, `${table}/index/keys`]);
    });

    test('what only hears who leads cannot make records', () => {
      const makers = named((each) => may(each, /^dynamodb:PutItem$/).length > 0);
      expect(makers).toEqual([...HEALING, 'replicate'].sort());
    });

    test('get can read, and nothing else', () => {
      const get = functions.find(({ name }) => name === 'get') as StackFunction;
      expect(may(get, /^dynamodb:/).map(({ action }) => action)).toEqual([
        'dynamodb:DescribeTable',
        'dynamodb:GetItem',
      ]);
    });

    test('nobody deletes records: DynamoDB forgets by itself', () => {
      expect(named((each) => may(each, /^dynamodb:DeleteItem$/).length > 0)).toEqual([]);
    });

    test('only the functions that go through an index may query it, and nobody scans', () => {
      const querying = (index: string) =>
        named((each) => may(each, /^dynamodb:Query$/).some(({ resource }) => resource.endsWith(`/index/${index}`)));
      expect(querying('keys')).toEqual([...HEALING, 'digest', 'divergent', 'list', 'node-status'].sort());
      expect(querying('backlog')).toEqual(
        [...HEALING, 'backlog', 'digest', 'handshake', 'node-status', 'promote'].sort(),
      );
      expect(named((each) => may(each, /Scan|Batch|Transact|PartiQL/).length > 0)).toEqual([]);
    });

    test('changes, openapi, fallback, faults and events have nothing to do with the table', () => {
      const without = named((each) => may(each, /^dynamodb:/).length === 0);
      expect(without).toEqual(['changes', 'events', 'fallback', 'faults', 'openapi']);
    });

    test('each function reads the parameters that it uses', () => {
      const parameters = Object.fromEntries(
        functions.map((each) => [
          each.name,
          may(each, /^ssm:/)
            .map(({ action, resource }) => `${action} ${resource.split(':parameter')[1]}`)
            .sort(),
        ]),
      );
      const other = stage === 'primary' ? 'replica' : 'primary';
      const read = (...names: string[]) => names.map((name) => `ssm:GetParameters /tandem/${name}`).sort();
      const clients = ['read-token', 'write-token'];
      const peer = ['peer-token', `${other}/url`];
      const writer = read(...peer, 'write-token');
      expect(parameters).toEqual({
        get: read(...clients),
        list: read(...clients),
        'key-status': read(...clients),
        divergent: read(...clients),
        backlog: read(`${other}/url`, ...clients),
        put: writer,
        patch: writer,
        batch: read(...peer, ...clients),
        changes: read(...clients),
        delete: writer,
        acknowledge: writer,
        repair: writer,
        promote: writer,
        'scheduled-repair': read(...peer),
        switchover: read(...peer),
        'node-status': read(...peer, ...clients),
        handshake: read('peer-token'),
        replicate: read('peer-token'),
        digest: read('peer-token'),
        faults: read(...clients),
        events: read(...clients),
        health: read(...clients),
        openapi: [],
        fallback: [],
      });
    });

    test('the policy that the framework gives its bucket only denies', () => {
      const [[, policy] = []] = resourcesOf(template, 'AWS::S3::BucketPolicy');
      const effects = policy?.Properties.PolicyDocument.Statement.map(({ Effect }: { Effect: string }) => Effect);
      expect(effects).toEqual(['Deny']);
    });

    test("only this stage's gateway and schedule may call the functions", () => {
      for (const [id, { Properties }] of resourcesOf(template, 'AWS::Lambda::Permission')) {
        expect([id, Properties.Action, JSON.stringify(Properties.SourceArn)]).toEqual([
          id,
          'lambda:InvokeFunction',
          expect.stringMatching(/"Ref":"HttpApi"|"ScheduledDashrepairEventsRuleSchedule1"/),
        ]);
      }
    });
  });
}
