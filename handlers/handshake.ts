// POST /handshake: each node tells the other what it is.
import { endpoint } from '../lib/http/endpoint.ts';
import { handshakeAnswer } from '../lib/http/handshake-answer.ts';
import { handshakeOf } from '../lib/http/peer-body.ts';
import { loadPrimary } from '../lib/node/load-primary.ts';
import { describe } from '../lib/node/peer.ts';
import { config, state } from '../lib/node/process.ts';
import { store } from '../lib/node/store.ts';

export const handler = endpoint(
  async (event) => {
    const said = handshakeOf(event);
    // In memory the primary is in this process, and asks back once this is answered. Where it has processes of its own, the
    // next write or repair learns of it.
    if (config.role === 'primary' && said.role === 'replica' && !store.nodeState && !state.recovering) {
      const { primary } = await loadPrimary();
      void (await primary()).announced(said);
    }
    return handshakeAnswer(await describe());
  },
  { access: 'peer', whileRecovering: true },
);
