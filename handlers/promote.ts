// POST /promote: have a primary that recovers start with what it holds.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { promoteBody, promoteBodyOf } from '../lib/http/promote-body.ts';
import { forceStart, primary } from '../lib/node/primary.ts';
import { clock, state } from '../lib/node/process.ts';
import { refuseWhileRecovering } from '../lib/node/recovering.ts';

export const handler = endpoint(
  async (event) => {
    const { force } = promoteBodyOf(event);
    const began = clock.elapsed();
    const { recovering } = state;
    if (recovering && !force) await refuseWhileRecovering();
    const node = await (recovering ? forceStart() : primary());
    if (force) node.takeAbsenceForTrue();
    const { epoch } = node;
    return json(200, promoteBody(recovering ? 'failover' : 'none', epoch, clock.elapsed() - began));
  },
  { access: 'write', role: 'primary', whileRecovering: true },
);
