// How a line of a deployed node's log looks. Of an error it has the name, the message and the stack, and not the members
// that Powertools would add: the AWS SDK's errors carry the item of a failed condition, which is a key and its value.
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
        // Only where it is one: most are not.
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

/** Whoever cannot read a text quotes from it, as JSON.parse does; and that may be a value. */
function withoutQuotation(message: string): string {
  return message.replace(/".*"/s, '"…"');
}
