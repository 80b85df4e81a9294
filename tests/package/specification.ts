// The templates of both stages against CloudFormation's resource specification. With params they are held against it in params.ts.
import { describe, expect, test } from '@jest/globals';
import type { Resource, Template } from '../../scripts/deploy/template.ts';
import { loadTemplateCheck } from '../support/cloudformation.ts';
import type { Packages, Stage } from '../support/package.ts';
import { resourcesOf } from '../support/stack.ts';

const STAGES: readonly Stage[] = ['primary', 'replica'];

export async function testSpecification(packages: Packages): Promise<void> {
  const check = await loadTemplateCheck();
  describe("CloudFormation's specification", () => {
    test.each(STAGES)('allows the template of the %s', (stage) => {
      expect(check(packages[stage].template)).toEqual([]);
    });

    test('knows what the limit of a route is made of, which a template may call anything', () => {
      const { template } = packages.primary;
      const [[id, stage] = ['', {} as Resource]] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
      for (const limit of Object.values(stage.Properties.RouteSettings)) {
        const Properties = { ...stage.Properties, DefaultRouteSettings: limit };
        expect(check({ ...template, Resources: { ...template.Resources, [id]: { ...stage, Properties } } })).toEqual(
          [],
        );
      }
    });

    const table = resourcesOf(packages.primary.template, 'AWS::DynamoDB::Table')[0]?.[1] as Resource;
    const withTable = (changed: Partial<Resource>): Template => ({
      ...packages.primary.template,
      Resources: { RecordsTable: { ...table, DependsOn: [], ...changed } },
    });
    const withProperty = (property: object) => withTable({ Properties: { ...table.Properties, ...property } });
    test.each<[string, Template, string]>([
      [
        'a type that is not there',
        withTable({ Type: 'AWS::DynamoDB::Tables' }),
        'there is no type AWS::DynamoDB::Tables',
      ],
      ['a property that is not there', withProperty({ Billing: 'x' }), 'there is no property Billing'],
      ['one in a property', withProperty({ SSESpecification: { SSEEnable: true } }), 'there is no property SSEEnable'],
      [
        'a text for a number',
        withProperty({ WarmThroughput: { ReadUnitsPerSecond: '12000' } }),
        '"12000" is no integer',
      ],
      ['a property that is missing', withTable({ Properties: { TableName: 'a' } }), 'KeySchema is required'],
      ['a policy that is not there', withTable({ DeletionPolicy: 'Keep' }), 'DeletionPolicy cannot be Keep'],
      ['what is not there', withTable({ DependsOn: ['Nothing'] }), 'refers to Nothing, which is not there'],
      [
        'an attribute that is not there',
        withProperty({ TableName: { 'Fn::GetAtt': ['RecordsTable', 'Name'] } }),
        'AWS::DynamoDB::Table has no attribute Name',
      ],
      ['itself', withTable({ DependsOn: ['RecordsTable'] }), 'is made after itself: RecordsTable → RecordsTable'],
    ])('refuses %s', (_, template, flaw) => {
      expect(check(template).join('\n')).toContain(flaw);
    });

    test('refuses a value that is not among those of a property', () => {
      const { template } = packages.primary;
      const [[id, alarm] = ['', {} as Resource]] = resourcesOf(template, 'AWS::Lambda::Function');
      const Properties = { ...alarm.Properties, TracingConfig: { Mode: 'On' } };
      const spoilt = { ...template, Resources: { ...template.Resources, [id]: { ...alarm, Properties } } };
      expect(check(spoilt)).toEqual([expect.stringContaining('"On" is no string')]);
    });
  });
}
