// What a deployed node prints of an error, and of metrics.
import { describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { counted } from '../../../lib/telemetry/metrics.ts';
import { createObserver } from '../../../lib/telemetry/observer.ts';
import { emfErrors, type Line, printedBy } from '../../support/printed.ts';

const CONTEXT = { awsRequestId: 'of-lambda' } as Context;

async function linesOf(action: (observer: ReturnType<typeof createObserver>) => void): Promise<Line[]> {
  const printed = await printedBy(async () => action(createObserver('primary')));
  return printed.map((line) => JSON.parse(line));
}

const errorLine = async (error: unknown) =>
  (await linesOf((observer) => observer.error('it failed', { part: 'store' }, error)))[0];

describe('an error', () => {
  test('is printed with its stack, its cause, the fields and the request id', async () => {
    const error = new TypeError('outer', { cause: new Error('inner') });
    const [line] = await linesOf((observer) => {
      observer.begin(CONTEXT);
      observer.error('it failed', { part: 'store' }, error);
    });
    expect(line).toMatchObject({ level: 'ERROR', message: 'it failed', requestId: 'of-lambda', part: 'store' });
    expect(line.error).toEqual({
      name: 'TypeError',
      message: 'outer',
      stack: error.stack,
      cause: expect.objectContaining({ name: 'Error', message: 'inner' }),
    });
  });

  test('is printed without its members, which may hold an item of the table', async () => {
    const error = Object.assign(new Error('The conditional request failed'), { Item: { key: { S: 'hush' } } });
    expect(JSON.stringify(await errorLine(error))).not.toContain('hush');
    expect(JSON.stringify(await errorLine(new Error('outer', { cause: error })))).not.toContain('hush');
    expect(JSON.stringify(await errorLine({ Item: 'hush' }))).not.toContain('hush');
  });

  test.each(['hush', '{"a":"hush', '{\n"a": "hush",\n"b": "hush" x', `["hush", "${'x'.repeat(99)}`])(
    'is printed without what it quotes of %j',
    async (text) => {
      let thrown: unknown;
      try {
        JSON.parse(text);
      } catch (error) {
        thrown = error;
      }
      const line = await errorLine(thrown);
      expect(line.error.name).toBe('SyntaxError');
      expect(line.error.stack).toMatch(/\n +at /);
      expect(JSON.stringify(line)).not.toContain('hush');
    },
  );
});

describe('metrics', () => {
  test('go into one line, with their units', async () => {
    const lines = await linesOf((observer) => observer.emit({ Writes: 1, ReplicationLag: 4 }));
    expect(lines.map(emfErrors)).toEqual([[]]);
    expect(lines[0]).toMatchObject({ service: 'tandem-primary', Writes: 1, ReplicationLag: 4 });
    expect(lines[0]._aws.CloudWatchMetrics[0].Metrics).toEqual([
      { Name: 'Writes', Unit: 'Count' },
      { Name: 'ReplicationLag', Unit: 'Milliseconds' },
    ]);
  });

  test('that there are none of make no line', async () => {
    expect(await linesOf((observer) => observer.emit({}))).toEqual([]);
    expect([counted('Applied', 0), counted('Applied', 2)]).toEqual([{}, { Applied: 2 }]);
  });
});
