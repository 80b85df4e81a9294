// The options that every command has, and what the environment says in their place.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { usageError } from './failure.ts';

export interface Settings {
  readonly primary: string;
  readonly replica: string;
  readonly token?: string;
  /** `undefined`: as whoever reads it wants it. */
  readonly json?: boolean;
  /** In seconds. */
  readonly timeout?: number;
}

/** Of the nodes that `tandem start` starts. */
const PRIMARY = 'http://localhost:5000';
const REPLICA = 'http://localhost:5001';

export function addSettings(program: Command): void {
  program
    .addOption(
      new Option('--primary <url>', 'one node; which of both leads is found out')
        .env('TANDEM_PRIMARY')
        .default(PRIMARY),
    )
    .addOption(
      new Option('--replica <url>', 'the other node; empty: there is none').env('TANDEM_REPLICA').default(REPLICA),
    )
    // Without its value in the help: it is a secret.
    .addOption(
      new Option(
        '--token <token>',
        'WRITE_TOKEN or READ_TOKEN of the nodes; other users of this machine see what is on a command line (env: TANDEM_TOKEN)',
      ),
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long to go on trying while no node can do it').argParser(positive),
    )
    .addOption(new Option('--json', 'JSON, one line each, also on a terminal; errors, too'))
    .addOption(new Option('--no-json', 'tables and sentences, also for programs'));
}

/** Of a command that is being run. */
export function settingsOf(command: Command): Settings {
  const settings = command.optsWithGlobals<Settings>();
  const token = settings.token ?? process.env.TANDEM_TOKEN;
  return { ...settings, primary: settings.primary || PRIMARY, ...(token && { token }) };
}

/** Whether people read what a command prints: on a terminal, unless they say otherwise. */
export function isForPeople({ json }: Settings): boolean {
  return json === undefined ? process.stdout.isTTY === true : !json;
}

export function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

export function time(text: string): string {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new InvalidArgumentError('It must be a time, such as 2030-01-31T12:00:00Z.');
}

/** @throws CommandFailed for an option that excludes another one */
export function exclude(isWrong: boolean, message: string): void {
  if (isWrong) throw usageError(message);
}
