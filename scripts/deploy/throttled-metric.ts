// How many requests the gateway has turned away with 429. It has no metric of that: its access log is counted instead.
import type { Resource } from './template.ts';

export const THROTTLED = { namespace: 'Tandem/Gateway', metric: 'Throttled' };

/** @param logGroup the logical id of the gateway's access log, whose lines name the service and the status */
export function throttledMetric(logGroup: string): Resource {
  return {
    Type: 'AWS::Logs::MetricFilter',
    Properties: {
      LogGroupName: { Ref: logGroup },
      FilterPattern: '{ $.status = "429" }',
      MetricTransformations: [
        {
          MetricNamespace: THROTTLED.namespace,
          MetricName: THROTTLED.metric,
          MetricValue: '1',
          Unit: 'Count',
          Dimensions: [{ Key: 'service', Value: '$.service' }],
        },
      ],
    },
  };
}
