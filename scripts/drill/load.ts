// The clients of a drill. Each writes keys of its own, one write after the other, and each write replaces what the one
// before it made: so it is known what every write had seen.
import { setTimeout as sleep } from 'node:timers/promises';
import { idOf, type WriteId } from './account.ts';
import type { DrillNode } from './node.ts';

/** The pause of a client that was refused, in milliseconds, before it tries again. */
const AGAIN_MS = 10;
/** How long a client tries at most, in milliseconds. */
const PATIENCE_MS = 30_000;

interface Held {
  readonly id: WriteId;
  readonly tag: string;
}

export class Load {
  /** Of each write that was acknowledged, the one that it replaced. */
  readonly replaced = new Map<WriteId, WriteId | undefined>();
  readonly keys: readonly string[];
  /** The longest time that a client was refused, in milliseconds. */
  longestRefusalMs = 0;
  readonly #nodes: readonly DrillNode[];
  #count = 0;

  /** @param nodes a client that is told that one does not lead asks the other one */
  constructor(nodes: readonly DrillNode[], keys: readonly string[]) {
    this.#nodes = nodes;
    this.keys = keys;
  }

  /** Writes each key `times` times. @param only the one node that the clients can reach. Absent: they reach both */
  async write(times: number, only?: DrillNode): Promise<void> {
    await Promise.all(this.keys.map((key) => this.#client(key, only, (done) => done < times)));
  }

  /** Writes until the promise has settled. */
  async writeUntil(end: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    end.then(over, over);
    await Promise.all(this.keys.map((key) => this.#client(key, undefined, () => !isOver)));
  }

  async #client(key: string, only: DrillNode | undefined, goesOn: (done: number) => boolean): Promise<void> {
    let node = only ?? (this.#nodes[0] as DrillNode);
    let held = await read(node, key);
    for (let done = 0; goesOn(done); done++) {
      const startedAt = performance.now();
      let refusedAt: number | undefined;
      for (;;) {
        const condition: Record<string, string> = held ? { 'if-match': held.tag } : { 'if-none-match': '*' };
        const { status, body } = await node.ask('PUT', path(key), { value: `write ${++this.#count}` }, condition);
        const now = performance.now();
        // 412: it takes writes, and holds another one than the node that led before.
        if (refusedAt !== undefined && (status < 300 || status === 412)) {
          this.longestRefusalMs = Math.max(this.longestRefusalMs, now - refusedAt);
          refusedAt = undefined;
        }
        if (status < 300) {
          held = this.#acknowledge(key, body, held);
          break;
        }
        if (now - startedAt > PATIENCE_MS)
          throw new Error(`${node.url} refused ${key} for ${PATIENCE_MS / 1000} s: ${body.code}`);
        if (status === 412) held = await read(node, key);
        else if (status === 503 || status === 421) refusedAt ??= startedAt;
        else throw new Error(`${node.url} answered ${status} ${body.code}: ${body.detail}`);
        if (status === 421 && only === undefined) node = this.#nodes.find((other) => other !== node) ?? node;
        await sleep(AGAIN_MS);
      }
    }
  }

  #acknowledge(key: string, body: Readonly<Record<string, unknown>>, before: Held | undefined): Held {
    const stamp = { key, epoch: Number(body.epoch), version: Number(body.version) };
    const id = idOf(stamp);
    this.replaced.set(id, before?.id);
    return { id, tag: tagOf(stamp) };
  }
}

async function read(node: DrillNode, key: string): Promise<Held | undefined> {
  for (const startedAt = performance.now(); ; await sleep(AGAIN_MS)) {
    const { status, body } = await node.ask('GET', path(key));
    if (status === 404) return undefined;
    const stamp = { key, epoch: Number(body.epoch), version: Number(body.version) };
    if (status === 200) return { id: idOf(stamp), tag: tagOf(stamp) };
    if (status !== 503 || performance.now() - startedAt > PATIENCE_MS)
      throw new Error(`${node.url} answered ${status} to a read of ${key}`);
  }
}

function path(key: string): string {
  return `/key/${encodeURIComponent(key)}`;
}

function tagOf({ epoch, version }: { readonly epoch: number; readonly version: number }): string {
  return `"${epoch}-${version}"`;
}
