// The ten steps of the tour, in their order.
import type { Step } from './step.ts';
import { circuit } from './steps/circuit.ts';
import { cut } from './steps/cut.ts';
import { failover } from './steps/failover.ts';
import { heal } from './steps/heal.ts';
import { killReplica } from './steps/kill-replica.ts';
import { loseReply } from './steps/lose-reply.ts';
import { read } from './steps/read.ts';
import { refuse } from './steps/refuse.ts';
import { startReplica } from './steps/start-replica.ts';
import { write } from './steps/write.ts';

export const STEPS: readonly [Step, ...Step[]] = [
  write,
  read,
  refuse,
  heal,
  killReplica,
  circuit,
  startReplica,
  loseReply,
  failover,
  cut,
];
