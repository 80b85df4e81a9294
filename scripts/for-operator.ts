// Which errors are told to an operator in their own sentence, without a stack trace.
import { PortError } from './ports.ts';

/** By its name: the built artifact has a class ConfigError of its own. */
export function isForOperator(error: unknown): error is Error {
  return error instanceof PortError || (error instanceof Error && error.name === 'ConfigError');
}
