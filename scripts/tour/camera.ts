// Films a page frame by frame. The page's clock goes on by one frame at a time, however long it takes to take the picture: so
// what moves moves evenly in the film, on a slow machine, too. To the page the nodes, whose clock goes on as ever, seem quick.
import type { Writable } from 'node:stream';
import type { Page } from '../../tests/support/browser.ts';
import { startFfmpeg, untilDone } from './ffmpeg.ts';

export const FRAMES_PER_SECOND = 20;
export const FRAME_MS = 1000 / FRAMES_PER_SECOND;

/** How long something is waited for, in milliseconds of the nodes' clock. */
const PATIENCE_MS = 60_000;

/** Enough for the page to be told of the time at which its clock is to stop, in milliseconds. */
const AHEAD_MS = 2000;

export interface Camera {
  /** Seconds that were filmed so far. */
  readonly seconds: number;
  frame(): Promise<void>;
  /** Films on. @param ms for how long, in milliseconds */
  hold(ms: number): Promise<void>;
  /** Films until it is so. @throws Error, with this name, if it never is */
  until(name: string, isSo: () => Promise<boolean>): Promise<void>;
  /** Ends the film. */
  stop(): Promise<void>;
}

/**
 * @param page with `clock.install` done, before it was opened
 * @param file of the film, whose name ends in `.mkv`
 * @param onTick is told the time of the page's clock, in milliseconds, before each frame
 */
export async function startCamera(page: Page, file: string, onTick: (time: number) => void): Promise<Camera> {
  const session = await page.context().newCDPSession(page);
  // The pictures as they are, one after the other: nothing is lost until the film is cut.
  const ffmpeg = startFfmpeg([
    ...['-f', 'image2pipe', '-framerate', String(FRAMES_PER_SECOND), '-c:v', 'png', '-i', '-', '-c:v', 'copy', file],
  ]);
  const { stdin } = ffmpeg;
  // Each write tells of it.
  stdin.on('error', () => {});
  let frames = 0;
  // A clock can be stopped at a time that has not come yet.
  let time = Date.now() + AHEAD_MS;
  await page.clock.pauseAt(time);

  async function frame(): Promise<void> {
    onTick(time);
    await page.clock.runFor(FRAME_MS);
    time += FRAME_MS;
    const { data } = await session.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
    await written(stdin, Buffer.from(data, 'base64'));
    frames += 1;
  }

  return {
    get seconds() {
      return frames / FRAMES_PER_SECOND;
    },
    frame,
    async hold(ms) {
      for (let left = Math.round(ms / FRAME_MS); left > 0; left--) await frame();
    },
    async until(name, isSo) {
      const start = performance.now();
      while (!(await isSo())) {
        if (performance.now() - start > PATIENCE_MS) throw new Error(`Waited in vain until ${name}.`);
        await frame();
      }
    },
    async stop() {
      stdin.end();
      await untilDone(ffmpeg);
    },
  };
}

/** @throws Error if it takes nothing any more */
const written = (to: Writable, data: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    to.write(data, (error) => (error ? reject(error) : resolve()));
  });
