// Reads on the replica: what it holds of a key never goes backwards, as long as it has the same contents.
import { compareStamps, type Stamp } from './history.ts';

interface Floor {
  /** Names the contents that were read, and the time of leading. */
  readonly generation: string;
  readonly stamp: Stamp;
  /** The key was seen absent after that stamp: the next one that is seen is newer. */
  readonly wasAbsent: boolean;
}

export class ReplicaReads {
  readonly #floors = new Map<string, Floor>();

  /** What a read that starts now must not be older than. */
  floorOf(key: string): Floor | undefined {
    return this.#floors.get(key);
  }

  /**
   * Takes in what a read saw.
   * @param floor as it was when the read started
   * @returns what is wrong with it, in words
   */
  saw(key: string, generation: string, floor: Floor | undefined, stamp: Stamp | undefined): string | undefined {
    const newest = this.#floors.get(key);
    if (stamp === undefined) {
      if (floor?.generation === generation && newest === floor) this.#floors.set(key, { ...floor, wasAbsent: true });
      return undefined;
    }
    const isNewer = newest?.generation !== generation || compareStamps(stamp, newest.stamp) > 0;
    if (isNewer) this.#floors.set(key, { generation, stamp, wasAbsent: false });
    if (floor?.generation !== generation) return undefined;
    const order = compareStamps(stamp, floor.stamp);
    if (order > 0 || (order === 0 && !floor.wasAbsent)) return undefined;
    return `the replica shows version ${stamp.version} of epoch ${stamp.epoch} after version ${floor.stamp.version} of epoch ${floor.stamp.epoch}${floor.wasAbsent ? ', which it had deleted' : ''}`;
  }
}
