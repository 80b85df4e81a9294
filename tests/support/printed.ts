// What nodes in this process print: through the console and past it, as Powertools does; and what of it are metrics.
import { jest } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** A line of JSON, parsed. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into lines of every shape
export type Line = any;

/** @returns every line that was printed while `action` ran, in order */
export async function printedBy(action: () => Promise<unknown>): Promise<string[]> {
  const chunks: string[] = [];
  const spies = [
    ...(['stdout', 'stderr'] as const).map((name) =>
      jest.spyOn(process[name], 'write').mockImplementation((chunk) => chunks.push(String(chunk)) > 0),
    ),
    ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      jest.spyOn(console, name).mockImplementation((...texts) => void chunks.push(`${texts.join(' ')}\n`)),
    ),
  ];
  try {
    await action();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return chunks.join('').split('\n').filter(Boolean);
}

/** The metrics in these lines by service, each service's as one object; a metric that is there twice is an error. */
export function metricsIn(lines: readonly Line[]): Record<string, Record<string, number>> {
  const found: Record<string, Record<string, number>> = {};
  for (const { _aws, service, ...values } of lines.filter(({ _aws }) => _aws !== undefined)) {
    for (const name of Object.keys(values))
      if (found[service]?.[name] !== undefined) throw new Error(`${service} has printed ${name} twice.`);
    found[service] = { ...found[service], ...values };
  }
  return found;
}

/**
 * What is wrong with a line as metrics in CloudWatch's embedded metric format; empty if nothing is.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfErrors(line: Line): string[] {
  if (!isEmf(line)) return (isEmf.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const { _aws, ...members }: Line = line;
  const [{ Dimensions, Metrics }] = _aws.CloudWatchMetrics;
  const names: string[] = Metrics.map(({ Name }: { Name: string }) => Name);
  const dimensions: string[] = Dimensions.flat();
  const described = [...names, ...dimensions].sort();
  return [
    ...(described.join() === Object.keys(members).sort().join() ? [] : [`members other than ${described}`]),
    ...names.filter((name) => !Number.isFinite(members[name])).map((name) => `${name} is no number`),
    ...dimensions.filter((name) => typeof members[name] !== 'string').map((name) => `${name} is no text`),
    ...(Math.abs(Date.now() - _aws.Timestamp) < 60_000 ? [] : [`${_aws.Timestamp} is not now`]),
  ];
}

const Name = { type: 'string', minLength: 1, maxLength: 255 };
const object = (properties: object) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const isEmf = new Ajv2020({ allErrors: true, strict: false }).compile({
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: object({
      Timestamp: { type: 'integer' },
      CloudWatchMetrics: {
        type: 'array',
        minItems: 1,
        maxItems: 1,
        items: object({
          Namespace: { const: 'Tandem' },
          Dimensions: { const: [['service']] },
          Metrics: {
            type: 'array',
            minItems: 1,
            maxItems: 100,
            items: object({ Name, Unit: { enum: ['Count', 'Milliseconds', 'Seconds'] } }),
          },
        }),
      },
    }),
  },
});
