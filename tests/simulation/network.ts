// The way from one node to the other. Messages are lost, delayed, repeated and overtake each other; a sender gives up after
// its time limit, as lib/peer/http-client.ts does.
import { TandemError } from '../../lib/errors.ts';
import { PEER_TIMEOUT_MS, type Peer, PeerError, type PeerFailure, SWITCHOVER_TIMEOUT_MS } from '../../lib/peer/peer.ts';
import type { StoredRecord } from '../../lib/record.ts';
import type { Asked, NodeName } from './nodes.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** How bad the network is. Probabilities from 0 to 1, times in milliseconds. */
export interface Quality {
  readonly lostRequest: number;
  readonly lostReply: number;
  readonly duplicate: number;
  readonly maxDelayMs: number;
  /** How many messages come much later than the others. */
  readonly late: number;
  readonly maxLateMs: number;
}

export const PERFECT: Quality = { lostRequest: 0, lostReply: 0, duplicate: 0, maxDelayMs: 5, late: 0, maxLateMs: 0 };

/** Why a primary does not give the lead away. */
const WITHHELD: ReadonlySet<string> = new Set(['not_in_sync', 'switching', 'recovering']);

interface Question<T> {
  readonly what: string;
  readonly ask: (receiver: Asked) => Promise<T>;
}

/** Gives the sender its answer. */
type Answer<T> = (resolve: (value: T) => void, reject: (error: PeerError) => void) => void;

/** The node at an address, if one runs there at the moment. */
type Present = () => Asked | undefined;

export class Network {
  quality: Quality = PERFECT;
  /** While cut, the node at this address, or either, cannot be reached: connections are refused, or nothing ever answers. */
  cut: { readonly how: 'refused' | 'silent'; readonly to: NodeName | 'both' } | undefined;
  /** How long a node thinks about each message at most, in milliseconds. */
  slowness = 0;
  /** How often each record has been sent, by its stamp. */
  readonly sent = new Map<string, number>();
  readonly #world: World;
  readonly #present: (name: NodeName) => Asked | undefined;

  /** @param present the node that runs at an address at the moment, if one does */
  constructor(world: World, present: (name: NodeName) => Asked | undefined) {
    this.#world = world;
    this.#present = present;
  }

  /** The node at an address, as a process of the other one sees it. */
  peerOf(process: Process, to: NodeName): Peer {
    const ask = <T>(what: string, question: (node: Asked) => Promise<T>, limitMs?: number) =>
      this.#ask(process, to, { what, ask: question }, limitMs);
    return {
      bytes: 0,
      handshake: (own, limitMs) => ask(`handshake ${own.role} ${own.state}`, (node) => node.handshake(own), limitMs),
      replicate: (batch) => {
        if (batch.records.some(({ epoch }) => epoch > batch.epoch))
          this.#world.fail(`${process.name} sent a batch that lib/peer/wire.ts refuses`);
        const records = batch.records.map(({ key, epoch, version }) => `${key}@${epoch}-${version}`);
        for (const record of records) this.sent.set(record, (this.sent.get(record) ?? 0) + 1);
        const compared = batch.compared ? ` ${JSON.stringify(batch.compared)}` : '';
        const what = `replicate [${records.join(', ')}]${compared} to ${batch.to} in ${batch.epoch}`;
        return ask(what, (node) => node.replicate(batch));
      },
      digest: (question) => ask('digest', ({ server }) => server.digest(question)),
      stamps: (question) => ask('stamps', ({ server }) => server.stamps(question)),
      // As lib/peer/check-records.ts has it.
      records: async (question) =>
        withoutLater(await ask('records', ({ server }) => server.records(question)), question),
      page: async (question) => withoutLater(await ask('page', ({ server }) => server.page(question)), question),
      owed: (question) => ask('owed', ({ server }) => server.owed(question)),
      switchover: (question) => ask('switchover', (node) => node.switchover(question), SWITCHOVER_TIMEOUT_MS),
    };
  }

  #ask<T>(sender: Process, to: NodeName, question: Question<T>, limitMs = PEER_TIMEOUT_MS): Promise<T> {
    const { random } = this.#world;
    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = (act: () => void, isRefused = false) => {
        giveUp();
        if (isOver || !sender.isAlive) return;
        isOver = true;
        sender.whenAwake(() => {
          sender.refusedSince = isRefused ? (sender.refusedSince ?? this.#world.now) : undefined;
          if (sender.isAlive) act();
        });
      };
      const giveUp = this.#world.at(limitMs, () => {
        this.#world.trace(() => `${sender.name}: no answer to ${question.what}`);
        end(() => reject(new PeerError('replica timed out')));
      });
      const present = () => this.#present(to);
      const receiver = present();
      if (receiver === undefined || this.#isCut(to) === 'refused') {
        const refused = new PeerError('replica unreachable', { isConnectionRefused: true });
        this.#world.at(random.int(0, 2), () => end(() => reject(refused), true));
        return;
      }
      const copies = random.chance(this.quality.duplicate) ? 2 : 1;
      for (let i = 0; i < copies; i++)
        this.#send(sender, to, receiver, present, question, (answer) => end(() => answer(resolve, reject)));
    });
  }

  #isCut(to: NodeName): 'refused' | 'silent' | undefined {
    return this.cut && (this.cut.to === 'both' || this.cut.to === to) ? this.cut.how : undefined;
  }

  #send<T>(
    sender: Process,
    to: NodeName,
    receiver: Asked,
    present: Present,
    { what, ask }: Question<T>,
    end: (answer: Answer<T>) => void,
  ): void {
    const world = this.#world;
    const { random } = world;
    if (this.#isCut(to) === 'silent' || random.chance(this.quality.lostRequest)) {
      world.trace(() => `${sender.name} -> lost: ${what}`);
      return;
    }
    const delay = this.#delay() + random.int(0, this.slowness);
    world.trace(() => `${sender.name} -> ${receiver.process.name}, in ${delay} ms: ${what}`);
    const back = (outcome: string, answer: Answer<T>) => {
      const isLost = this.#isCut(to) === 'silent' || random.chance(this.quality.lostReply);
      const replyDelay = this.#delay();
      world.trace(
        () => `${receiver.process.name} answers ${what}: ${outcome}${isLost ? ' (lost)' : `, in ${replyDelay} ms`}`,
      );
      if (!isLost) world.at(replyDelay, () => end(answer));
    };
    world.at(delay, () => {
      // Another process may take a connection that was waiting to be accepted, or the network may have kept the message.
      const presentReceiver = present();
      if (presentReceiver === undefined) return;
      presentReceiver.process.whenAwake(() => {
        if (presentReceiver.process.isAlive) this.#receive(presentReceiver, what, ask, back);
      });
    });
  }

  #receive<T>(
    receiver: Asked,
    what: string,
    ask: (receiver: Asked) => Promise<T>,
    back: (outcome: string, answer: Answer<T>) => void,
  ): void {
    this.#world.trace(() => `${receiver.process.name} gets ${what}`);
    ask(receiver).then(
      (value) => back('done', (resolve) => resolve(value)),
      (error) => {
        if (!(error instanceof TandemError)) return this.#world.fail(`a node threw ${error?.stack ?? error}`);
        const { id, reason: _, ...failure } = error.extra;
        const known: PeerFailure = {
          ...failure,
          ...(typeof id === 'string' && { contentsId: id }),
          ...(WITHHELD.has(error.code) && { notInSync: error.message }),
        };
        back(error.code, (_, reject) => reject(new PeerError(`replica answered ${error.code}`, known)));
      },
    );
  }

  #delay(): number {
    const { random } = this.#world;
    const { late, maxLateMs, maxDelayMs } = this.quality;
    if (late > 0 && random.chance(late)) return random.int(0, maxLateMs);
    return random.int(0, random.chance(0.8) ? Math.min(5, maxDelayMs) : maxDelayMs);
  }
}

/** An answer without records of a later epoch than that of the primary that asks. */
function withoutLater<A extends { readonly records: readonly StoredRecord[] }>(
  answer: A,
  { epoch = Number.POSITIVE_INFINITY }: { readonly epoch?: number },
): A & { readonly refused: number } {
  const records = answer.records.filter((record) => record.epoch <= epoch);
  return { ...answer, records, refused: answer.records.length - records.length };
}
