// `tandem repair`: ships the backlog, compares the nodes and removes the differences.
import type { Command } from 'commander';
import type { RepairReport } from '../../client/client.ts';
import { connect, LONG_PATIENCE_SECONDS } from '../connect.ts';
import { EXIT } from '../failure.ts';
import { examples } from '../help.ts';
import { printOne } from '../print.ts';
import { isForPeople, settingsOf } from '../settings.ts';

export function addRepair(program: Command): void {
  const command = program
    .command('repair')
    .summary('make both nodes the same, now')
    .description(
      'Ships the backlog, compares the nodes and removes the differences. Exits with 1 if anything is owed after it.',
    )
    .action(async (_options: object, command: Command) => {
      const settings = settingsOf(command);
      const report = await connect(settings, { patience: LONG_PATIENCE_SECONDS }).repair();
      await printOne(report, sentence(report), isForPeople(settings));
      if (report.remaining > 0 || report.stoppedBy !== undefined) process.exitCode = EXIT.unmet;
    });
  examples(command, 'tandem repair', 'tandem repair || tandem backlog');
}

function sentence({
  shipped,
  failed,
  remaining,
  keysDiffering,
  pushed,
  pulled,
  durationMs,
  stoppedBy,
}: RepairReport): string {
  const owed = remaining === 0 ? 'Nothing is owed.' : `${remaining} are owed still; tandem backlog says why.`;
  const early = stoppedBy === undefined ? '' : ` It ended early: ${stoppedBy}.`;
  return `${shipped} records shipped, ${failed} refused; ${keysDiffering} keys differed, ${pushed} pushed, ${pulled} pulled, in ${durationMs} ms. ${owed}${early}`;
}
