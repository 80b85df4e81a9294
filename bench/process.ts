// Processes that answer messages, one at a time.
import type { ChildProcess, Serializable } from 'node:child_process';

/** @throws Error when the process ends instead of answering */
export function ask<Answer>(child: ChildProcess, message: Serializable | object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`Process ${child.pid} ended before it answered.`));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer as Answer);
    });
    child.send(message as Serializable);
  });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
