// The answer to a batch: one outcome per record that was sent, those that were refused before included.
import { withRefusals } from '../peer/check-records.ts';
import { type BatchAnswer, withProtocol } from '../peer/wire.ts';
import { counted } from '../telemetry/metrics.ts';
import { type Answer, json } from './answer.ts';

/** @param refusals for each record that was sent, why it was refused; `undefined` for those that `answers` is about */
export function batchAnswer({ answers }: BatchAnswer, refusals: readonly (string | undefined)[]): Answer {
  const applied = answers.filter(({ outcome }) => outcome === 'applied');
  return {
    ...json(200, withProtocol({ answers: withRefusals(answers, refusals) })),
    metrics: counted('Applied', applied.length),
  };
}
