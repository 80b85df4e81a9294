// Takes in the body of a request, within a limit for each and one for all that are on their way.
import type { IncomingMessage } from 'node:http';
import { TandemError } from '../../lib/errors.ts';

/** Of a request, in bytes: as API Gateway and the emulator. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Of all bodies that are on their way, in bytes. */
export const MAX_BODIES_BYTES = 256 * 1024 * 1024;
/** Of a body that is too large this much is read, so that its sender reads the answer; then the connection ends. */
export const MAX_READ_BYTES = 4 * MAX_BODY_BYTES;

/** The client has gone in the middle of its request: there is nobody to tell. */
export class ClientGone extends Error {}

export class Bodies {
  #bytes = 0;
  readonly #limit: number;

  /** @param limit of all bodies that are on their way, in bytes */
  constructor(limit = MAX_BODIES_BYTES) {
    this.#limit = limit;
  }

  /**
   * @param announced how many bytes it is to have, where that was said
   * @returns the whole body
   * @throws TandemError `value_too_large`, `overloaded`; ClientGone
   */
  read(request: IncomingMessage, announced = 0): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    let held = 0;
    let refusal = announced > MAX_BODY_BYTES ? tooLarge() : undefined;
    const letGo = () => {
      this.#bytes -= held;
      held = 0;
      chunks.length = 0;
    };
    return new Promise<Buffer>((resolve, reject) => {
      if (announced > MAX_READ_BYTES) return reject(refusal);
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_BODY_BYTES) refusal ??= tooLarge();
        else if (this.#bytes + chunk.length > this.#limit) refusal ??= overloaded();
        if (refusal === undefined) {
          held += chunk.length;
          this.#bytes += chunk.length;
          chunks.push(chunk);
          return;
        }
        letGo();
        if (length > MAX_READ_BYTES) reject(refusal);
      });
      request.once('end', () => {
        const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
        letGo();
        if (refusal) reject(refusal);
        else resolve(body);
      });
      request.once('close', () => {
        if (request.complete) return;
        letGo();
        reject(new ClientGone());
      });
      // `close` follows.
      request.on('error', () => {});
    });
  }
}

/** Whether a request has a body (RFC 9112, 6.3). */
export function hasBody(headers: Readonly<Record<string, string>>): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

export function tooLarge(): TandemError {
  return new TandemError('value_too_large', `The body has more than ${MAX_BODY_BYTES} bytes.`);
}

function overloaded(): TandemError {
  return new TandemError('overloaded', 'More bodies are on their way to this node than it has room for.');
}
