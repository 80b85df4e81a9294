// Whatever no other route takes: 405 for a known path, 404 otherwise.
import { excerpt, methodNotAllowed, TandemError } from '../lib/errors.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { keyOf } from '../lib/http/request.ts';
import { methodsOf } from '../lib/http/routes.ts';
import { config } from '../lib/node/process.ts';

export const handler = endpoint(
  async (event) => {
    const { method, path } = event.requestContext.http;
    if (/^\/(key|status|divergent)\/$/.test(path)) keyOf(event);
    const isOff = /^\/(faults|events)(\/|$)/.test(path) && !config.faultInjection;
    const allow = isOff ? '' : methodsOf(path).join(', ');
    const named = excerpt(path, 80);
    if (allow) throw methodNotAllowed(`${excerpt(method, 20)} is not for ${named}; use ${allow}.`, allow);
    throw new TandemError('no_such_route', `There is no ${named} here; GET /openapi.json lists what there is.`);
  },
  { access: 'public', whileRecovering: true },
);
