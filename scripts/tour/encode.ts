// Makes a video of a film, and an animated picture of parts of it.
import { FRAMES_PER_SECOND } from './camera.ts';
import { startFfmpeg, untilDone } from './ffmpeg.ts';

/** In seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** @param file a video in WebM, which every browser plays */
export async function makeVideo(film: string, file: string): Promise<void> {
  const encoding = [
    '-c:v',
    'libvpx-vp9',
    '-pix_fmt',
    'yuv420p',
    '-crf',
    '34',
    '-b:v',
    '0',
    '-row-mt',
    '1',
    '-g',
    '200',
  ];
  await untilDone(startFfmpeg(['-i', film, ...encoding, '-an', file]));
}

/** Frames a second of the picture: a page of text stays as it is for most of the time. */
const PICTURE_FRAMES_PER_SECOND = 10;

/**
 * @param spans which parts of the film, one after the other
 * @param width in pixels
 * @param file an animated WebP, which begins anew at its end
 */
export async function makePicture(film: string, spans: readonly Span[], width: number, file: string): Promise<void> {
  const shown = spans.map(({ from, to }) => `between(t,${from},${to - 1 / (2 * FRAMES_PER_SECOND)})`).join('+');
  const filter = `select='${shown}',setpts=N/${FRAMES_PER_SECOND}/TB,fps=${PICTURE_FRAMES_PER_SECOND},scale=${width}:-2:flags=lanczos`;
  const encoding = ['-c:v', 'libwebp_anim', '-quality', '80', '-compression_level', '6', '-loop', '0'];
  await untilDone(startFfmpeg(['-i', film, '-vf', filter, ...encoding, '-an', file]));
}
