// The log and the metrics of a deployed node, printed for CloudWatch to read. Powertools for AWS Lambda makes the lines.
// Loaded with LOG=json only.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import type { Role } from '../role.ts';
import type { Log } from './log.ts';
import { LineFormat } from './log-format.ts';
import { METRIC_NAMES, type Metrics, UNITS } from './metrics.ts';

export interface Observer extends Log {
  /** Begins an invocation: lines logged from now on carry its request id. */
  begin(context: Context): void;
  /** Logs what was done. The fields must not contain a key or a value. */
  info(message: string, fields: object): void;
  /** Prints the metrics in one line, in CloudWatch's embedded metric format; nothing when there are none. */
  emit(metrics: Metrics): void;
}

/** @param stage which the node is called after: its role may be another one by now */
export function createObserver(stage: Role): Observer {
  const serviceName = `tandem-${stage}`;
  const logger = new Logger({ serviceName, logFormatter: new LineFormat() });
  const metrics = new PowertoolsMetrics({ namespace: 'Tandem', serviceName });
  return {
    begin: (context) => logger.addContext(context),
    info: (message, fields) => logger.info(message, { ...fields }),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields, error) =>
      logger.error(message, {
        ...fields,
        ...(error !== undefined && { error: error instanceof Error ? error : `a ${typeof error} was thrown` }),
      }),
    emit(values) {
      for (const name of METRIC_NAMES) {
        const value = values[name];
        if (value !== undefined) metrics.addMetric(name, UNITS[name], value);
      }
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
