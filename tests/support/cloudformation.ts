// Holds a template against CloudFormation's resource specification, as AWS's own tools keep it: names, types, what is required,
// which values are allowed; and whether what a resource refers to is there.
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import type { PropertyType, Resource as ResourceSpec, SpecDatabase } from '@aws-cdk/service-spec-types';
import type { Resource, Template } from '../../scripts/deploy/template.ts';
import { circlesIn, referencesOf } from './template-references.ts';

type Properties = ResourceSpec['properties'];

/** What a resource may have beside its properties. */
const ATTRIBUTES = [
  'Type',
  'Properties',
  'DependsOn',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'Condition',
  'Metadata',
];
const POLICIES = {
  DeletionPolicy: ['Delete', 'Retain', 'RetainExceptOnCreate'],
  UpdateReplacePolicy: ['Delete', 'Retain'],
};

/** @returns tells what is wrong with a template, each as `<place>: <what>` */
export async function loadTemplateCheck(): Promise<(template: Template) => string[]> {
  const spec = await loadAwsServiceSpec();
  return (template) => [
    ...Object.entries(template.Resources).flatMap(([id, resource]) => [
      ...flawsOfResource(spec, id, resource),
      ...flawsOfReferences(spec, template, id),
    ]),
    ...circlesIn(template),
  ];
}

function flawsOfResource(spec: SpecDatabase, id: string, resource: Resource): string[] {
  const [known] = spec.lookup('resource', 'cloudFormationType', 'equals', resource.Type);
  if (!known) return [`${id}: there is no type ${resource.Type}`];
  const unknown = Object.keys(resource).filter((name) => !ATTRIBUTES.includes(name));
  const policies = (['DeletionPolicy', 'UpdateReplacePolicy'] as const).filter(
    (name) => !POLICIES[name].includes(resource[name] ?? 'Delete'),
  );
  return [
    ...unknown.map((name) => `${id}: ${name} is no attribute of a resource`),
    ...policies.map((name) => `${id}: ${name} cannot be ${resource[name]}`),
    ...flawsOfObject(spec, `${id}.Properties`, resource.Properties ?? {}, known.properties),
  ];
}

function flawsOfObject(spec: SpecDatabase, place: string, value: object, properties: Properties): string[] {
  const missing = Object.entries(properties).filter(([name, { required }]) => required && !(name in value));
  return [
    ...missing.map(([name]) => `${place}: ${name} is required`),
    ...Object.entries(value).flatMap(([name, each]) => {
      const property = properties[name];
      if (!property) return [`${place}: there is no property ${name}`];
      const types = [property.type, ...(property.previousTypes ?? [])];
      return flawsOfAny(spec, `${place}.${name}`, each, types);
    }),
  ];
}

/** The flaws by the type that fits best. */
function flawsOfAny(spec: SpecDatabase, place: string, value: unknown, types: readonly PropertyType[]): string[] {
  const tried = types.map((type) => flawsOfValue(spec, place, value, type));
  return tried.reduce((best, flaws) => (flaws.length < best.length ? flaws : best));
}

function flawsOfValue(spec: SpecDatabase, place: string, value: unknown, type: PropertyType): string[] {
  if (isIntrinsic(value)) return [];
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const wrong = [`${place}: ${JSON.stringify(value)} is no ${type.type}`];
  switch (type.type) {
    case 'json':
      return isObject || Array.isArray(value) ? [] : wrong;
    case 'date-time':
      return typeof value === 'string' ? [] : wrong;
    case 'string':
      return typeof value === 'string' && isAllowed(value, type) ? [] : wrong;
    case 'integer':
      return Number.isInteger(value) && isAllowed(value, type) ? [] : wrong;
    case 'number':
      return typeof value === 'number' ? [] : wrong;
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong;
    case 'tag':
      return isObject && Object.keys(value).sort().join() === 'Key,Value' ? [] : wrong;
    case 'array':
      if (!Array.isArray(value)) return wrong;
      return value.flatMap((each, i) => flawsOfValue(spec, `${place}[${i}]`, each, type.element));
    case 'map':
      if (!isObject) return wrong;
      return Object.entries(value).flatMap(([key, each]) => flawsOfValue(spec, `${place}.${key}`, each, type.element));
    case 'union':
      return flawsOfAny(spec, place, value, type.types);
    case 'ref':
      if (!isObject) return wrong;
      return flawsOfObject(spec, place, value, spec.get('typeDefinition', type.reference.$ref).properties);
    default:
      return wrong;
  }
}

function isAllowed(value: unknown, { allowedValues }: { readonly allowedValues?: readonly unknown[] }): boolean {
  return allowedValues === undefined || allowedValues.includes(value);
}

/** What CloudFormation puts in its place: its type is not known here, but whether it refers to something is. */
function isIntrinsic(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [name = '', ...more] = Object.keys(value);
  return more.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
}

function flawsOfReferences(spec: SpecDatabase, { Resources }: Template, id: string): string[] {
  return referencesOf(Resources[id] as Resource).flatMap(({ to, attribute }) => {
    const target = Resources[to];
    if (!target) return [`${id}: refers to ${to}, which is not there`];
    const [known] = spec.lookup('resource', 'cloudFormationType', 'equals', target.Type);
    const isThere = attribute === undefined || known?.attributes[attribute] !== undefined;
    return isThere ? [] : [`${id}: ${target.Type} has no attribute ${attribute}`];
  });
}
