// POST /batch: up to 100 reads and writes in one request, each answered as it would have been alone.
import { checkAccess } from '../lib/http/authorization.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { operate } from '../lib/http/operate.ts';
import { operationsOf } from '../lib/http/operations.ts';
import { noRoom, operationsAnswer } from '../lib/http/operations-answer.ts';
import { withReceipt } from '../lib/http/receipt.ts';
import { prefersAsync } from '../lib/http/write-headers.ts';
import { settings } from '../lib/node/process.ts';

export const handler = endpoint(
  withReceipt(async (event, problem) => {
    const operations = operationsOf(event);
    if (operations.some(({ writes }) => writes)) await checkAccess('write', event, settings);
    const isAsync = prefersAsync(event.headers.prefer);
    const answers = await operate(operations, { isAsync, problem });
    return operationsAnswer(answers, isAsync, await problem(noRoom()));
  }),
  { access: 'read', role: 'either' },
);
