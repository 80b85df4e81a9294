// GET, HEAD, PUT and DELETE /faults: show, set and clear failures made on purpose. Not there where fault injection is off.
import { TandemError } from '../lib/errors.ts';
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { faultsBody, faultsOf } from '../lib/http/fault-list.ts';
import { isRead } from '../lib/http/request.ts';
import { faults } from '../lib/node/faults.ts';
import { loadRoles } from '../lib/node/on-demand.ts';

export const handler = endpoint(
  async (event) => {
    if (!faults) throw new TandemError('no_such_route', 'Fault injection is off here (FAULT_INJECTION=off).');
    if (!isRead(event)) faults.set(event.requestContext.http.method === 'PUT' ? faultsOf(event) : []);
    const roles = await loadRoles();
    return json(200, faultsBody(faults, (await roles.now()).role));
  },
  { access: 'by_method', whileRecovering: true },
);
