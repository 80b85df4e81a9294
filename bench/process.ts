// Processes that answer messages, one at a time.
import type { ChildProcess, Serializable } from 'node:child_process';

/** @throws Error when the process ends instead of answering */
export function ask<Answer>(child: ChildProcess, message: Serializable | object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`Process ${child.pid} ended before it answered.`));
    const told = (message: Serializable) => {
      // What a node says of its own accord answers nothing.
      if (typeof message === 'object' && 'listening' in message) return;
      child.off('exit', ended);
      child.off('message', told);
      resolve(message as Answer);
    };
    child.once('exit', ended);
    child.on('message', told);
    child.send(message as Serializable);
  });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
