// How a node speaks to the runner of its process.
import { expect, test } from '@jest/globals';
import { metricsChannel, publishMetrics } from '../../../lib/telemetry/channels.ts';

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
