// GET /changes: the keys that have changed, in the order in which this node took them in. Not there over DynamoDB, where nothing
// of the table is loaded for it.
import { TandemError } from '../lib/errors.ts';
import { type Action, endpoint } from '../lib/http/endpoint.ts';
import { config } from '../lib/node/process.ts';

const absent: Action = async () => {
  throw new TandemError('no_such_route', 'A node over DynamoDB keeps no order of its changes.');
};
const action = config.store.kind === 'dynamodb' ? absent : (await import('../lib/http/changes.ts')).changes;

export const handler = endpoint(action, { access: 'read', whileRecovering: true });
