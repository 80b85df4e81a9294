// `npm run tour:record`: docs/tour.webm, the guided tour with real nodes and captions, and docs/tour.webp, some of its steps as an
// animated picture for the README.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startShownRun } from '../pictures/shown-run.ts';
import { ROOT } from '../root.ts';
import { FRAME_MS, startCamera } from './camera.ts';
import { makePicture, makeVideo } from './encode.ts';
import { showOverlay } from './overlay.ts';
import { createPageTime } from './page-time.ts';
import { playTour } from './play.ts';
import { SCENES } from './scenes.ts';

/** As wide as the nodes stand beside each other on, in pixels; as high as the stage and the panel of the tour. */
const SIZE = { width: 1024, height: 896 };
/** As wide as GitHub shows a README, in pixels. */
const PICTURE_WIDTH = 830;
const FILES = { video: join(ROOT, 'docs/tour.webm'), picture: join(ROOT, 'docs/tour.webp') };
const MAX_BYTES = 4 * 2 ** 20;

/** Films the tour. @returns when each step begins, and when the last one ends, in seconds */
async function filmTour(file: string): Promise<readonly number[]> {
  const pageTime = createPageTime(FRAME_MS);
  const run = await startShownRun();
  try {
    const page = await run.open({
      query: 'tour&present',
      // The page's own policy forbids what is shown over it.
      context: { viewport: SIZE, colorScheme: 'light', bypassCSP: true },
      prepare: (opened) => opened.clock.install(),
      answers: pageTime.inAnswer,
    });
    const camera = await startCamera(page, file, pageTime.tick);
    const begins = await playTour({ page, camera, overlay: await showOverlay(page, camera) });
    await camera.stop();
    return begins;
  } finally {
    await run.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'tandem-tour-'));
try {
  const film = join(folder, 'film.mkv');
  const begins = await filmTour(film);
  const spans = SCENES.flatMap(({ isInPicture }, i) =>
    isInPicture ? [{ from: begins[i] as number, to: begins[i + 1] as number }] : [],
  );
  await makeVideo(film, FILES.video);
  await makePicture(film, spans, PICTURE_WIDTH, FILES.picture);
} finally {
  await rm(folder, { recursive: true });
}
for (const file of Object.values(FILES)) {
  const { size } = await stat(file);
  console.log(`${file}: ${(size / 2 ** 20).toFixed(1)} MiB`);
  if (size > MAX_BYTES) throw new Error(`It has ${size} bytes; ${MAX_BYTES} are the limit.`);
}
