// What is drawn, and the time that it is drawn of: the recording of this page, or one from a file.
import { batch, computed, signal } from '@preact/signals';
import { atSpeed, LIVE, type Playback, play, seek, timeOf } from '../recording/clock.ts';
import { createFold } from '../recording/fold.ts';
import { type Picture, pictureAt } from '../recording/picture.ts';
import { createRecording, type Recording, spanOf } from '../recording/recording.ts';
import { EMPTY, type Story } from '../recording/story.ts';
import { onObservation } from './observations.ts';

const own = createRecording();
onObservation((observation) => own.append(observation));

/** What is replayed: the recording of this page, or one that was opened, with its name. */
export const source = signal<{ readonly recording: Recording; readonly name?: string }>({ recording: own });
const fold = computed(() => createFold(source.value.recording));

export const playback = signal<Playback>(LIVE);
/** The time that is drawn, in milliseconds, and the story and the picture of it. */
export const shownAt = signal(0);
export const story = signal<Story>(EMPTY);
export const picture = signal<Picture>(pictureAt(EMPTY, 0));

/** The same for words and values, which need not change with each frame of the screen. */
export const calmAt = signal(0);
export const calmStory = signal<Story>(EMPTY);
export const calmPicture = signal<Picture>(picture.peek());
const CALM_MS = 200;
let calmSince = 0;

export const isLive = computed(() => playback.value.mode === 'live');
/** A recording from a file is never live: there need be no nodes. */
export const isFromFile = computed(() => source.value.name !== undefined);

/** What happened last is still on its way for so long, in milliseconds: a replay goes on until it has arrived. */
const TAIL_MS = 4000;

/** What can be shown, in milliseconds. */
export const spanNow = () => {
  const { from, to } = spanOf(source.peek().recording);
  return source.peek().recording === own ? { from, to: Math.max(to, Date.now()) } : { from, to: to + TAIL_MS };
};

/** The end of what can be replayed: of the own recording what has come in by now. */
const endOf = (): number => spanNow().to;

/** Draws what the clock says now, words and values included. */
function drawAll(): void {
  calmSince = 0;
  draw(Date.now());
}

/** Draws what the clock says now. @returns whether more is to be drawn soon */
export function draw(now: number): boolean {
  const t = timeOf(playback.peek(), now, endOf());
  const told = fold.peek().at(t);
  const drawn = pictureAt(told, t);
  batch(() => {
    shownAt.value = t;
    story.value = told;
    picture.value = drawn;
    if (Math.abs(now - calmSince) < CALM_MS) return;
    calmSince = now;
    calmAt.value = t;
    calmStory.value = told;
    calmPicture.value = drawn;
  });
  const { mode, isPlaying } = playback.peek();
  return drawn.isMoving || (mode === 'replay' && isPlaying);
}

export function seekTo(t: number): void {
  const { from, to } = spanNow();
  playback.value = seek(playback.value, Math.min(to, Math.max(from, t)), Date.now());
  drawAll();
}

export function setPlaying(isPlaying: boolean): void {
  const now = Date.now();
  const { from, to } = spanNow();
  const isAtEnd = playback.value.mode === 'replay' && timeOf(playback.value, now, to) >= to;
  if (isPlaying && isAtEnd) playback.value = seek(playback.value, from, now);
  playback.value = play(playback.value, isPlaying, now, endOf());
}

export function setSpeed(speed: number): void {
  playback.value = atSpeed(playback.value, speed, Date.now(), endOf());
}

export function goLive(): void {
  source.value = { recording: own };
  playback.value = LIVE;
  drawAll();
}

/** Replays a recording from its beginning. */
export function open(recording: Recording, name: string): void {
  source.value = { recording, name };
  playback.value = { ...LIVE, mode: 'replay', base: spanOf(recording).from, since: Date.now() };
  drawAll();
}

export const ownRecording: Recording = own;
