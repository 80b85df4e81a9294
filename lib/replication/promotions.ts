// The promotions of one process: one at a time. A second request joins the one under way, unless that does less.
import type { Promotion } from './pair-node.ts';

export class Promotions {
  readonly #promote: (force: boolean) => Promise<Promotion>;
  #underWay: { readonly force: boolean; readonly result: Promise<Promotion> } | undefined;

  constructor(promote: (force: boolean) => Promise<Promotion>) {
    this.#promote = promote;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** @param force waits for a promotion that is not forced, and then does what that could not */
  async run(force: boolean): Promise<Promotion> {
    while (this.#underWay && force && !this.#underWay.force) await this.#underWay.result.catch(() => {});
    if (this.#underWay) return this.#underWay.result;
    const result = this.#promote(force).finally(() => {
      this.#underWay = undefined;
    });
    this.#underWay = { force, result };
    return result;
  }
}
