// GET, HEAD, PUT, POST and DELETE /faults, and DELETE /faults/{id}: show, set, add and clear failures made on purpose. Not there
// where fault injection is off.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { addFault, faultsBody, faultsOf, removeFault } from '../lib/http/fault-list.ts';
import { injected } from '../lib/http/injected.ts';
import { isRead } from '../lib/http/request.ts';
import { faults as injectedFaults } from '../lib/node/faults.ts';
import { loadRoles } from '../lib/node/on-demand.ts';

export const handler = endpoint(
  async (event) => {
    const faults = injected(injectedFaults);
    const { method, path } = event.requestContext.http;
    if (method === 'POST') return addFault(faults, event);
    // Of `/faults/` the emulator tells no parameter: it names no fault, and must not clear all.
    if (path !== '/faults') removeFault(faults, event);
    else if (!isRead(event)) faults.set(method === 'PUT' ? faultsOf(event) : []);
    const roles = await loadRoles();
    return json(200, faultsBody(faults, (await roles.now()).role));
  },
  { access: 'by_method', whileRecovering: true },
);
