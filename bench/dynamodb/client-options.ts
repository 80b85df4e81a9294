// A client of the SDK made by hand: the same options as lib/store/dynamodb/client.ts gives its own.

/** From the environment of a deployed function. */
export function clientOptions() {
  const { env } = process;
  return {
    region: env.AWS_REGION as string,
    endpoint: env.AWS_ENDPOINT_URL_DYNAMODB as string,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID as string,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY as string,
    },
    maxAttempts: 1,
  };
}
