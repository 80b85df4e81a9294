// Answers browsers as API Gateway does by `cors` of serverless.yml: preflights, and the headers by which a page may read an answer.

/** As serverless.yml has it. */
export interface Cors {
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedResponseHeaders: readonly string[];
  /** How long a browser may keep the answer to a preflight, in seconds. */
  readonly maxAge: number;
}

/** Header fields, each name before its value. */
type Fields = readonly string[];

const TO_PROGRAMS: Fields = ['vary', 'origin'];

/** Any origin that gets this far may read: strangers were refused before. @returns the fields of an answer, by the `Origin` of its request */
export function readableBy(cors: Cors): (origin: string | undefined) => Fields {
  const exposed = ['access-control-expose-headers', cors.exposedResponseHeaders.join()];
  return (origin) =>
    origin === undefined ? TO_PROGRAMS : [...TO_PROGRAMS, 'access-control-allow-origin', origin, ...exposed];
}

/** @returns the fields of the answer to a preflight, besides those of every answer */
export function preflightFields(cors: Cors): Fields {
  return [
    ...['access-control-allow-methods', cors.allowedMethods.join()],
    ...['access-control-allow-headers', cors.allowedHeaders.join()],
    ...['access-control-max-age', `${cors.maxAge}`],
  ];
}
