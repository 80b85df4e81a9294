// What a command fails with: the sentence, the code and the exit code, for people and for scripts.
import { CommanderError } from 'commander';
import { isTandemError, type TandemError } from '../client/client.ts';
import { jsonOf } from './json-line.ts';
import { shown } from './shown.ts';

/** Exit codes. docs/cli.md and the help tell them; scripts rely on them. */
export const EXIT = {
  done: 0,
  /** There is no such key, or a condition is not met. */
  unmet: 1,
  /** Wrong usage: of the command line, or what a node refuses as invalid. */
  usage: 2,
  /** No node answered in time, or none that could do it. */
  unavailable: 3,
  unauthorized: 4,
  /** Something else went wrong here: a file cannot be written, for instance. */
  here: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a sentence. */
export class CommandFailed extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;

  /** @param code stable, for programs */
  constructor(exitCode: ExitCode, code: string, message: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}

export function usageError(message: string): CommandFailed {
  return new CommandFailed(EXIT.usage, 'usage', message);
}

export function noSuchKey(key: string): CommandFailed {
  return new CommandFailed(EXIT.unmet, 'key_not_found', `There is no key '${key}'.`);
}

interface Told {
  readonly exitCode: number;
  readonly code: string;
  readonly detail: string;
  readonly [fact: string]: unknown;
}

/** Tells what went wrong on stderr: a sentence, or the problem as a line of JSON. @returns the exit code */
export function tellFailure(error: unknown, asJson: boolean): number {
  const { exitCode, ...told } = toldOf(error);
  if (exitCode === EXIT.done) return exitCode;
  if (asJson) console.error(jsonOf(told));
  else if (told.code !== 'help') console.error(shown(told.detail));
  return exitCode;
}

function toldOf(error: unknown): Told {
  if (error instanceof CommandFailed) return { exitCode: error.exitCode, code: error.code, detail: error.message };
  if (error instanceof CommanderError) return ofCommander(error);
  if (isTandemError(error)) return ofTandem(error);
  const { message, stack, code } = error as NodeJS.ErrnoException;
  // Of the system, such as ENOENT: its message has the path.
  if (typeof code === 'string') return { exitCode: EXIT.here, code, detail: message };
  return { exitCode: EXIT.here, code: 'failed', detail: stack ?? String(error) };
}

/** What commander finds wrong is usage; help that was asked for is not. */
function ofCommander({ code, message, exitCode }: CommanderError): Told {
  if (exitCode === 0) return { exitCode: EXIT.done, code, detail: '' };
  // It has printed the help already, for want of a command.
  if (code === 'commander.help') return { exitCode: EXIT.usage, code: 'help', detail: 'Name a command.' };
  const detail = message.replace(/^error: (.)/, (_, first: string) => first.toUpperCase());
  return { exitCode: EXIT.usage, code: 'usage', detail: `${detail}${/[.?)]$/.test(detail) ? '' : '.'}` };
}

function ofTandem(error: TandemError): Told {
  const { code, message, status, url, requestId, attempts, mayBeDone, details } = error;
  const facts = { status, url, requestId, attempts, ...(mayBeDone && { mayBeDone }), ...details };
  return { exitCode: exitCodeOf(error), code, detail: message, ...facts };
}

function exitCodeOf({ code, status }: TandemError): ExitCode {
  if (status === 401 || status === 403) return EXIT.unauthorized;
  if (code === 'unreachable' || code === 'unexpected_answer') return EXIT.unavailable;
  if (status === undefined) return EXIT.usage;
  if (status >= 500 || status === 408 || status === 429) return EXIT.unavailable;
  const isUnmet = code === 'key_not_found' || [409, 410, 412].includes(status);
  return isUnmet ? EXIT.unmet : EXIT.usage;
}
