// Numbers, times and epochs in words.

export const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

/** As the beginning of a sentence. */
export const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** A duration in words: `4 s`, `3 min`. @param ms milliseconds */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** A short duration: `3 ms`, `1.2 s`, `4 min`. @param ms milliseconds */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 90_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return age(ms);
}

/** A time of day to the second, or to a tenth of it, with 24 hours. @param at milliseconds */
export const timeOfDay = (at: number, tenths = false): string =>
  new Date(at).toLocaleTimeString('en-GB', {
    ...(tenths && { fractionalSecondDigits: 1 }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

export const clockTime = (at: number | string): string => new Date(at).toLocaleTimeString();

/**
 * An epoch, short: the time of day at which it began, and with the day if that was another one. Its number tells both apart that
 * begin in one second, and stands beside it wherever there is room.
 * @param epoch milliseconds
 * @param now milliseconds
 */
export function shortEpoch(epoch: number, now: number): string {
  const [begun, today] = [new Date(epoch), new Date(now)];
  const time = [begun.getHours(), begun.getMinutes(), begun.getSeconds()].map((part) => `${part}`.padStart(2, '0'));
  const isToday = begun.toDateString() === today.toDateString();
  const day = `${begun.getFullYear()}-${`${begun.getMonth() + 1}`.padStart(2, '0')}-${`${begun.getDate()}`.padStart(2, '0')} `;
  return `${isToday ? '' : day}${time.join(':')}`;
}
