// Nodes that speak the two requests that are measured, as processes of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { freePorts } from '../../tests/support/nodes.ts';
import { until } from '../../tests/support/until.ts';
import { stop } from '../process.ts';

export interface MeasuredPeer {
  /** Of the node that takes writes. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * One node, or a pair of them, each started with its port, and the first with the URL of its replica.
 * @param program that runs the script @param isPair whether it copies its writes
 */
export async function startPeer(program: string, script: string, isPair: boolean): Promise<MeasuredPeer> {
  const [port, replicaPort] = (await freePorts(2)) as [number, number];
  const replicaUrl = `http://127.0.0.1:${replicaPort}`;
  const replica = isPair ? [await startNode(program, [script, `${replicaPort}`], replicaUrl)] : [];
  const url = `http://127.0.0.1:${port}`;
  const primary = await startNode(program, [script, `${port}`, ...(isPair ? [replicaUrl] : [])], url);
  return { url, stop: async () => void (await Promise.all([primary, ...replica].map(stop))) };
}

async function startNode(program: string, args: readonly string[], url: string): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${program} ${args.join(' ')} has ended.`);
    return (await fetch(`${url}/healthz`)).ok;
  });
  return child;
}
