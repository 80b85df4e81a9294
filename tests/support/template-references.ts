// What the resources of a CloudFormation template refer to, and so are made after.
import type { Resource, Template } from '../../scripts/deploy/template.ts';

export interface Reference {
  /** The logical id of another resource. */
  readonly to: string;
  /** Of `Fn::GetAtt`. */
  readonly attribute?: string | undefined;
}

/** Pseudo parameters begin so: they are no resources. */
const PSEUDO = 'AWS::';

export function referencesOf({ DependsOn = [], Properties }: Resource): Reference[] {
  const found: Reference[] = [DependsOn].flat().map((to) => ({ to }));
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, argument] of Object.entries(value)) {
      if (name === 'Ref') found.push({ to: argument });
      else if (name === 'Fn::GetAtt') found.push({ to: argument[0], attribute: argument[1] });
      else if (name === 'Fn::Sub') found.push(...inText(argument));
      else visit(argument);
    }
  };
  visit(Properties);
  return found.filter(({ to }) => !to.startsWith(PSEUDO));
}

/** `${Table}` and `${Table.Arn}`. */
function inText(text: string): Reference[] {
  return [...text.matchAll(/\$\{([^}!]+)\}/g)].map(([, name = '']) => {
    const [to = '', ...attribute] = name.startsWith(PSEUDO) ? [name] : name.split('.');
    return { to, ...(attribute.length > 0 && { attribute: attribute.join('.') }) };
  });
}

/** @returns each resource that would be made after itself, with the way from it to itself */
export function circlesIn({ Resources }: Template): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id))
      circles.push(`${id}: is made after itself: ${[...path.slice(path.indexOf(id)), id].join(' → ')}`);
    const resource = Resources[id];
    if (done.has(id) || path.includes(id) || !resource) return;
    for (const { to } of referencesOf(resource)) visit(to, [...path, id]);
    done.add(id);
  };
  for (const id of Object.keys(Resources)) visit(id, []);
  return circles;
}
