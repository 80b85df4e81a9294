// The other node, as this process's node reaches it, faults included.
import { peerWithFaults } from '../faults/inject.ts';
import { httpPeer } from '../peer/http-peer.ts';
import { faults } from './faults.ts';
import { clock, settings } from './process.ts';

const reached = httpPeer(settings.peerUrl, settings.peerTokens);

export const peer = faults ? peerWithFaults(reached, faults, clock) : reached;
