// `npm run bench`: every measurement, or those that are named: `npm run bench -- http scale`.
import { join } from 'node:path';
import { measureChanges } from './changes.ts';
import { measureClient } from './client.ts';
import { measureColdStart } from './cold-start.ts';
import { measureConsole } from './console.ts';
import { measureDirect } from './direct.ts';
import { measureHandlerTime } from './dynamodb/handler-time.ts';
import { measureHerd } from './dynamodb/herd.ts';
import { measureRepair } from './dynamodb/repair.ts';
import { measureExport } from './export.ts';
import { measureHeal } from './heal.ts';
import { measureHttp } from './http.ts';
import { measureLogging } from './logging.ts';
import { measureManyKeys } from './many-keys.ts';
import { measurePeers } from './peers.ts';
import { measurePromotion } from './promotion.ts';
import { measureRecovery } from './recovery.ts';
import { printTable, saveTables, type Table } from './report.ts';
import { measureRestart } from './restart.ts';
import { measureScale } from './scale.ts';
import { measureServe } from './serve.ts';
import { measureStores } from './stores.ts';

const MEASUREMENTS: Readonly<Record<string, () => Promise<Table[]>>> = {
  http: measureHttp,
  serve: measureServe,
  direct: measureDirect,
  scale: measureScale,
  'many-keys': measureManyKeys,
  changes: measureChanges,
  stores: measureStores,
  'cold-start': measureColdStart,
  logging: measureLogging,
  peers: measurePeers,
  heal: measureHeal,
  recovery: measureRecovery,
  restart: measureRestart,
  promotion: measurePromotion,
  dynamodb: measureHandlerTime,
  'dynamodb-repair': measureRepair,
  herd: measureHerd,
  console: measureConsole,
  export: measureExport,
  client: measureClient,
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in MEASUREMENTS));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; choose from ${Object.keys(MEASUREMENTS).join(', ')}.`);
  process.exit(1);
}

const results: Record<string, Table[]> = {};
for (const name of named.length > 0 ? named : Object.keys(MEASUREMENTS)) {
  console.log(`\nMeasuring ${name} …`);
  const tables = (await MEASUREMENTS[name]?.()) ?? [];
  for (const table of tables) printTable(table);
  results[name] = tables;
}
await saveTables(join(import.meta.dirname, 'results', `${named.join('+') || 'all'}.json`), results);
