// Preloaded into a process that must not use the network: its first attempt ends it.
import { Socket } from 'node:net';

Socket.prototype.connect = function connect(...args: unknown[]): never {
  console.error(`NETWORK: this process tried to connect to ${JSON.stringify(args[0])}`);
  process.exit(99);
};
