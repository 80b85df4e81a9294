// Params of serverless.yml: what came over the command line is text.

/** @throws Error naming the param when it is not a whole number from `min` on */
export function integerParam(name: string, value: number | string, min = 0): number {
  const number = value === '' ? Number.NaN : Number(value);
  if (Number.isInteger(number) && number >= min) return number;
  const from = min === 0 ? '' : ` from ${min}`;
  throw new Error(`The param ${name} must be a whole number${from}, not '${value}'.`);
}
