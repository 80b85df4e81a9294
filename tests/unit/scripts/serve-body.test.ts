// How the gateway of scripts/serve.ts takes in bodies: each within its limit, and all of them within one.
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { Bodies, ClientGone, MAX_BODY_BYTES, MAX_READ_BYTES } from '../../../scripts/serve/body.ts';

const requestOf = (stream: PassThrough) => stream as unknown as IncomingMessage;

test('P8 what has no room beside other bodies is refused, until they are there', async () => {
  const bodies = new Bodies(1000);
  const [first, second, third] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const taken = bodies.read(requestOf(first));
  first.write(Buffer.alloc(800));
  const refused = bodies.read(requestOf(second));
  second.end(Buffer.alloc(300));
  await expect(refused).rejects.toMatchObject({ code: 'overloaded' });
  first.end();
  expect((await taken).length).toBe(800);
  const later = bodies.read(requestOf(third));
  third.end(Buffer.alloc(1000));
  expect((await later).length).toBe(1000);
});

test('P8 of a body that is too large no more is kept, and only so much read', async () => {
  const bodies = new Bodies();
  const whole = new PassThrough();
  const refused = bodies.read(requestOf(whole));
  for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 2 ** 20) whole.write(Buffer.alloc(2 ** 20));
  whole.end();
  await expect(refused).rejects.toMatchObject({ code: 'value_too_large' });
  const endless = new PassThrough();
  const cut = bodies.read(requestOf(endless));
  for (let sent = 0; sent <= MAX_READ_BYTES; sent += 2 ** 20) endless.write(Buffer.alloc(2 ** 20));
  await expect(cut).rejects.toMatchObject({ code: 'value_too_large' });
  await expect(bodies.read(requestOf(new PassThrough()), MAX_READ_BYTES + 1)).rejects.toMatchObject({
    code: 'value_too_large',
  });
});

test('a client that goes away leaves its room to others', async () => {
  const bodies = new Bodies(1000);
  const gone = new PassThrough();
  const lost = bodies.read(requestOf(gone));
  gone.write(Buffer.alloc(1000));
  gone.destroy();
  await expect(lost).rejects.toThrow(ClientGone);
  const next = new PassThrough();
  const taken = bodies.read(requestOf(next));
  next.end(Buffer.alloc(1000));
  expect((await taken).length).toBe(1000);
});
