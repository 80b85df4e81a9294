// The current epoch, as what is sent to the replica asks for it. Over a durable store that begins the next one when it is time,
// which a node that does not lead any more must not: then nothing is sent, as when the replica fails.
import { TandemError } from '../errors.ts';
import { PeerError } from '../peer/peer.ts';
import type { CurrentEpoch } from './current-epoch.ts';

/** As `epoch`, but where that throws TandemError `not_primary` all methods throw PeerError. */
export function ledEpoch(epoch: CurrentEpoch): CurrentEpoch {
  const leading = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof TandemError && error.code === 'not_primary')
        throw new PeerError('this node is the replica now');
      throw error;
    }
  };
  return {
    get value() {
      return epoch.value;
    },
    refresh: (isSuspected) => leading(() => epoch.refresh(isSuspected)),
    next: () => leading(() => epoch.next()),
    begun: (begun) => leading(() => epoch.begun(begun)),
    raiseAbove: (above) => leading(() => epoch.raiseAbove(above)),
  };
}
