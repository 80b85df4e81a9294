// The emulator answers preflights, and what it cannot parse, without asking any function, and lets the page of every origin read
// every answer. So strangers are refused at its HTTP server.
import type { Server } from 'node:http';
import { knownPages } from './known-pages.ts';
import { refuseStrangers } from './refuse-strangers.ts';

/** Of serverless-offline. */
interface HttpServer {
  getServer(): { readonly listener: Server };
  start(): Promise<void>;
}

/** To be called before the emulator starts. @throws ConfigError */
export async function refuseStrangersInEmulator(): Promise<void> {
  const known = await knownPages();
  const file = new URL('./events/http/HttpServer.js', import.meta.resolve('serverless-offline'));
  const { prototype }: { prototype: HttpServer } = (await import(file.href)).default;
  const { start } = prototype;
  prototype.start = function () {
    refuseStrangers(this.getServer().listener, known);
    return start.call(this);
  };
}
