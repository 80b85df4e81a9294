// `tandem start` of the package: both nodes, without the emulator and the console. They hold what they are given in memory, with
// STORE=sqlite in data files below the present folder.
import { randomBytes } from 'node:crypto';
import { LocalNode } from '../../nodes/local-node.ts';
import { nodePort } from '../ports.ts';

/** How often it is looked whether both nodes run, in milliseconds. */
const LOOK_MS = 500;
const ROLES = ['primary', 'replica'] as const;
const HANDED_ON = ['WRITE_TOKEN', 'READ_TOKEN', 'PEER_TOKEN'];
/** Between the nodes, unless the environment names one. */
const peerToken = randomBytes(24).toString('base64url');

const nodes = ROLES.map((role, i) => {
  const [own, other] = [nodePort(role), nodePort(ROLES[1 - i] as (typeof ROLES)[number])];
  const store = process.env.STORE === 'sqlite' ? 'sqlite' : 'memory';
  return new LocalNode({ role, port: own.port, peer: `http://127.0.0.1:${other.port}`, store, env: tokens() });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop(0));
try {
  if (process.argv.length > 2) throw new Error('tandem start takes no arguments here: it starts both nodes.');
  await Promise.all(nodes.map((node) => node.start()));
  console.log(
    `Tandem is running.\n${ROLES.map((role, i) => `  ${role}  ${nodes[i]?.url}`).join('\n')}\nCtrl-C stops it.`,
  );
  setInterval(() => {
    if (nodes.every(({ pid }) => pid !== undefined)) return;
    console.error(`A node has ended:\n${nodes.map(({ output }) => output).join('')}`);
    void stop(1);
  }, LOOK_MS);
} catch (error) {
  console.error((error as Error).message);
  await stop(1);
}

function tokens(): Record<string, string> {
  const given = HANDED_ON.map((name) => [name, process.env[name] ?? ''] as const).filter(([, token]) => token !== '');
  return { PEER_TOKEN: peerToken, ...Object.fromEntries(given) };
}

async function stop(exitCode: number): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
  process.exit(exitCode);
}
