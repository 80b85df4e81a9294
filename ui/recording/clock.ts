// The time that is drawn: live, a little behind the clock, so that what both nodes tell has come in; or that of a replay.

/** How far the live picture is behind, in milliseconds: a long poll answers at once, and pauses for less. */
export const LIVE_DELAY_MS = 350;
export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4] as const;

export interface Playback {
  readonly mode: 'live' | 'replay';
  readonly isPlaying: boolean;
  /** Milliseconds of the recording in one of the clock. */
  readonly speed: number;
  /** The time of the recording that was drawn when the clock read `since`. */
  readonly base: number;
  readonly since: number;
}

export const LIVE: Playback = { mode: 'live', isPlaying: true, speed: 1, base: 0, since: 0 };

/** The time that is drawn when the clock reads `now`; in a replay at most the end of the recording. */
export function timeOf({ mode, isPlaying, speed, base, since }: Playback, now: number, end: number): number {
  if (mode === 'live') return now - LIVE_DELAY_MS;
  return Math.min(end, isPlaying ? base + (now - since) * speed : base);
}

/** A replay from the time `t` on. */
export const seek = (playback: Playback, t: number, now: number): Playback => ({
  ...playback,
  mode: 'replay',
  isPlaying: playback.mode === 'live' ? false : playback.isPlaying,
  base: t,
  since: now,
});

export const play = (playback: Playback, isPlaying: boolean, now: number, end: number): Playback => ({
  ...playback,
  mode: 'replay',
  isPlaying,
  base: timeOf(playback, now, end),
  since: now,
});

export const atSpeed = (playback: Playback, speed: number, now: number, end: number): Playback =>
  playback.mode === 'live'
    ? { ...playback, mode: 'replay', speed, isPlaying: true, base: timeOf(playback, now, end), since: now }
    : { ...playback, speed, base: timeOf(playback, now, end), since: now };
