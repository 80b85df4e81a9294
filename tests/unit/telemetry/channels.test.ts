// How a node and the runner of its process speak.
import { expect, test } from '@jest/globals';
import { announceStop, beforeStop, metricsChannel, publishMetrics } from '../../../lib/telemetry/channels.ts';

test('who listens hears of metrics, and nobody else is needed', () => {
  publishMetrics({ Writes: 1 });
  const heard: unknown[] = [];
  const listen = (message: unknown) => void heard.push(message);
  metricsChannel.subscribe(listen);
  publishMetrics({ Writes: 2 });
  metricsChannel.unsubscribe(listen);
  publishMetrics({ Writes: 3 });
  expect(heard).toEqual([{ Writes: 2 }]);
});

test('a runner that stops waits for all that is to be done before, and hears what fails', async () => {
  await announceStop();
  const done: string[] = [];
  const slow = Promise.withResolvers<void>();
  let fails = false;
  beforeStop(async () => {
    await slow.promise;
    done.push('closed');
  });
  beforeStop(async () => {
    if (fails) throw new Error('cannot be closed');
  });
  const stopped = announceStop().then(() => done.push('stopped'));
  slow.resolve();
  await stopped;
  expect(done).toEqual(['closed', 'stopped']);
  fails = true;
  await expect(announceStop()).rejects.toThrow('cannot be closed');
});
