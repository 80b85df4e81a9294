// An HTTP line to a node: it notes every request that takes it, in order, and holds back those that a test wants to come
// later.
import { front } from './http-front.ts';

/** A request on its way. */
export interface Noted {
  readonly path: string;
  /** As it was sent, to be sent again. */
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: messages of every shape
  readonly message: any;
}

export interface HttpLine {
  readonly url: string;
  /** The newest last. Noted when they set out, whether they arrive or not. */
  readonly noted: readonly Noted[];
  /** From now on, requests for which `isHeld` is true wait until `release`. */
  hold(isHeld: (request: Noted) => boolean): Hold;
  stop(): Promise<void>;
}

export interface Hold {
  /** How many wait. */
  readonly count: number;
  /** Lets all of them go on; nothing is held from now on. */
  release(): void;
}

/** @param target the port on this machine that it leads to; nothing need listen there yet */
export async function startHttpLine(target: number): Promise<HttpLine> {
  const noted: Noted[] = [];
  let isHeld = (_: Noted) => false;
  let count = 0;
  let released = Promise.withResolvers<void>();
  const server = await front(target, async ({ path, body }, forward) => {
    const request = { path, body, message: body === '' ? undefined : JSON.parse(body) };
    noted.push(request);
    if (isHeld(request)) {
      count++;
      await released.promise;
    }
    return forward();
  });
  const release = () => {
    isHeld = () => false;
    count = 0;
    released.resolve();
  };
  return {
    url: `http://127.0.0.1:${server.port}`,
    noted,
    hold(isNowHeld) {
      released = Promise.withResolvers();
      count = 0;
      isHeld = isNowHeld;
      return {
        get count() {
          return count;
        },
        release,
      };
    },
    async stop() {
      release();
      await server.stop();
    },
  };
}
