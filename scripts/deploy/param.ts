// Params of serverless.yml: what came over the command line is text.

/** @throws Error naming the param when it is not a whole number from 0 on */
export function integerParam(name: string, value: number | string): number {
  const number = value === '' ? Number.NaN : Number(value);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new Error(`The param ${name} must be a whole number, not '${value}'.`);
}
