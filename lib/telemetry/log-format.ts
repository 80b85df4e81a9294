// The format of a deployed node's log lines. An error is logged with name, message and stack, without the members that
// Powertools would add: errors of the AWS SDK carry the item of a failed condition, which is a key and its value.
import { LogFormatter, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';

export class LineFormat extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, fields: LogAttributes): LogItem {
    const { logLevel, message, timestamp, serviceName, lambdaContext } = attributes;
    return new LogItem({
      attributes: {
        level: logLevel,
        message,
        timestamp: timestamp.toISOString(),
        service: serviceName,
        requestId: lambdaContext?.awsRequestId,
        // Left out of the many lines of warm starts.
        ...(lambdaContext?.coldStart && { coldStart: true }),
        ...fields,
      },
    });
  }

  override formatError(error: Error): LogAttributes {
    const message = withoutQuotation(error.message);
    return {
      name: error.name,
      message,
      stack: error.stack?.replace(error.message, () => message),
      ...(error.cause instanceof Error && { cause: this.formatError(error.cause) }),
    };
  }
}

/** Removes what a message quotes: JSON.parse quotes from the text that it cannot read, which may be a value. */
function withoutQuotation(message: string): string {
  return message.replace(/".*"/s, '"…"');
}
