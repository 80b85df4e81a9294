// The emulator answers as API Gateway does, also where it would do otherwise by itself, and keeps the contract that both runners
// keep. And it answers no page of another machine, also where it asks no function.
import { afterAll, beforeAll } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { httpContract } from './http-contract.ts';

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair();
});
afterAll(() => nodes?.stop());

httpContract('emulator', () => nodes);
