// Options of the command line that are numbers.

/** @throws Error naming the option when it is not a whole number from 0 on */
export function integerOption(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${option} must be a whole number, not '${text}'.`);
  return value;
}
