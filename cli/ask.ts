// Asks whoever sits at the terminal before something that cannot be undone.
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { CommandFailed, EXIT } from './failure.ts';

/** Asks nobody where no terminal is: a script has decided already. @throws CommandFailed unless the answer is yes */
export async function confirm(question: string, isYes: boolean): Promise<void> {
  if (isYes || !process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // The end of the input is no answer, and neither is Ctrl-C, with which the question fails.
    const closed = once(terminal, 'close').then(() => '');
    const answered = terminal.question(`${question} [y/N] `).catch(() => '');
    const answer = await Promise.race([answered, closed]);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed(EXIT.unmet, 'declined', 'Nothing was done.');
  } finally {
    terminal.close();
  }
}
