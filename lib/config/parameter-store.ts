// AWS Systems Manager Parameter Store. Parameters that are asked for at the same moment share one request.
import type { Parameter, SSMClient } from '@aws-sdk/client-ssm';
import type { AwsConfig } from './config.ts';

export interface ParameterStore {
  /**
   * The value of a parameter, decrypted if it is a secure string.
   * @throws ParameterError
   */
  get(name: string): Promise<string>;
}

/** Why a parameter could not be read, as the end of a sentence. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
  /** Whether the same question may be answered another time. */
  readonly isPassing: boolean;

  constructor(reason: string, isPassing: boolean) {
    super(reason);
    this.isPassing = isPassing;
  }
}

/** Limit of all attempts together, in milliseconds. */
const READ_LIMIT_MS = 3000;
/** Limit of one attempt, in milliseconds; leaves room for a second one and the pause before it. */
const ATTEMPT_MS = 1300;
const READ_ATTEMPTS = 2;

/** The SDK is loaded at the first question. A request asks for ten parameters at most; a node has four. */
export function parameterStore(region: string, credentials: AwsConfig['credentials']): ParameterStore {
  type Wanted = Map<string, PromiseWithResolvers<string>>;
  let gathering: Wanted | undefined;
  let client: SSMClient | undefined;

  async function ask(wanted: Wanted): Promise<void> {
    // Whatever is asked for while the SDK is being loaded goes with it.
    const { GetParametersCommand, SSMClient } = await import('@aws-sdk/client-ssm').finally(() => {
      gathering = undefined;
    });
    client ??= new SSMClient({
      region,
      credentials,
      maxAttempts: READ_ATTEMPTS,
      requestHandler: { requestTimeout: ATTEMPT_MS, throwOnRequestTimeout: true },
    });
    const command = new GetParametersCommand({ Names: [...wanted.keys()], WithDecryption: true });
    const { Parameters = [] } = await client.send(command, { abortSignal: AbortSignal.timeout(READ_LIMIT_MS) });
    for (const [name, { resolve, reject }] of wanted) {
      const value = Parameters.find((parameter) => isNamed(parameter, name))?.Value;
      if (value === undefined) reject(new ParameterError(`there is no such parameter in ${region}`, false));
      else resolve(value);
    }
  }

  return {
    get(name) {
      if (gathering === undefined) {
        const wanted: Wanted = new Map();
        gathering = wanted;
        ask(wanted).catch((error) => {
          for (const { reject } of wanted.values()) reject(explained(error, region));
        });
      }
      const known = gathering.get(name) ?? Promise.withResolvers<string>();
      gathering.set(name, known);
      return known.promise;
    },
  };
}

/** A parameter may be asked for by name or ARN, with a version or label behind it. */
function isNamed({ Name, ARN, Selector = '' }: Parameter, asked: string): boolean {
  return [Name, ARN].some((name) => asked === name || asked === `${name}${Selector}`);
}

/** A failure passes unless AWS blames the question: a right that is missing, a malformed name. */
function explained(error: Error & { $fault?: string }, region: string): ParameterError {
  const { $fault, name, message } = error;
  const isPassing = $fault !== 'client' || /Throttl|TooManyRequests/.test(name);
  const isLate = name === 'AbortError' || name === 'TimeoutError';
  const what = isLate ? 'did not answer in time' : `gives no value: ${name}: ${message}`;
  return new ParameterError(`Parameter Store in ${region} ${what}`, isPassing);
}
