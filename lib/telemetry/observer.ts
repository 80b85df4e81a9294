// What a deployed node tells its operator: structured lines and metrics, both printed, for CloudWatch to read. Powertools
// for AWS Lambda makes them. Loaded with LOG=json only.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import type { Role } from '../role.ts';
import type { Log } from './log.ts';
import { LineFormat } from './log-format.ts';
import { type MetricName, type Metrics, UNITS } from './metrics.ts';

export interface Observer extends Log {
  /** Begins an invocation: what is logged from now on has its request id. */
  begin(context: Context): void;
  /** What was done. The fields must not have a key or a value in them. */
  info(message: string, fields: object): void;
  /** Prints the metrics in one line, in CloudWatch's embedded metric format; nothing when there are none. */
  emit(metrics: Metrics): void;
}

export function createObserver(role: Role): Observer {
  const serviceName = `tandem-${role}`;
  const logger = new Logger({ serviceName, logFormatter: new LineFormat() });
  const metrics = new PowertoolsMetrics({ namespace: 'Tandem', serviceName });
  return {
    begin: (context) => logger.addContext(context),
    info: (message, fields) => logger.info(message, { ...fields }),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields, error) =>
      logger.error(message, {
        ...fields,
        ...(error !== undefined && { error: error instanceof Error ? error : `a ${typeof error} was thrown` }),
      }),
    emit(values) {
      const names = Object.keys(values) as MetricName[];
      if (names.length === 0) return;
      for (const name of names) metrics.addMetric(name, UNITS[name], values[name] as number);
      metrics.publishStoredMetrics();
    },
  };
}
