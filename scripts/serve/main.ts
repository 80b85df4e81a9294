// One node, for machines of your own: serves the built artifact over HTTP, with the routes and the schedule of serverless.yml.

import { flushCompileCache } from 'node:module';
import { loadConfig } from '../../lib/config/config.ts';
import { metricsChannel } from '../../lib/telemetry/channels.ts';
import type { Metrics as NodeMetrics } from '../../lib/telemetry/metrics.ts';
import { preflightFields, readableBy } from '../browsers/cors.ts';
import { isForOperator } from '../for-operator.ts';
import { admissionFor } from './admission.ts';
import { artifactOf, presentArtifact } from './artifact.ts';
import { type Functions, loadFunctions } from './functions.ts';
import { Gateway, type Invoke } from './gateway.ts';
import { listen, urlOf } from './listen.ts';
import { type LogForm, runnerLog } from './log.ts';
import { Metrics } from './metrics.ts';
import { type ServeOptions, serveOptions } from './options.ts';
import { OWN_ROUTES, withOwnRoutes } from './own-routes.ts';
import { tellParent } from './parent.ts';
import { functionOf } from './routes.ts';
import { keepSchedule } from './schedule.ts';
import { type Stoppable, stopOnSignals } from './stop.ts';
import { readTls, renewTls } from './tls.ts';

/** Tells an operator in a sentence what is wrong, and ends with 1. */
export async function main(): Promise<void> {
  try {
    await start();
  } catch (error) {
    console.error(isForOperator(error) ? error.message : error);
    process.exit(1);
  }
}

async function start(): Promise<void> {
  const options = serveOptions(process.argv.slice(2), process.env);
  if (options.buildsOnly) {
    console.log(`The artifact is in ${options.artifact ?? (await presentArtifact())}.`);
    return;
  }
  Object.assign(process.env, options.env);
  // What is wrong is told before anything is built, or starts.
  loadConfig(process.env);
  await serve(options);
}

async function serve(options: ServeOptions): Promise<void> {
  const { role, peerUrl } = options;
  const log = runnerLog(process.env.LOG as LogForm);
  const [{ folder, routes }, admit, tls] = await Promise.all([
    artifactOf(options.artifact),
    admissionFor(options),
    options.tls && readTls(options.tls),
  ]);
  const metrics = new Metrics();
  metricsChannel.subscribe((message) => metrics.counted(message as NodeMetrics));
  const loaded = Promise.withResolvers<Functions>();
  let functions: Functions | undefined;
  const invoke: Invoke = (routeKey, event) => {
    const name = functionOf(routes, routeKey);
    return functions ? functions.call(name, event) : loaded.promise.then((each) => each.call(name, event));
  };
  const gateway = new Gateway({
    routes: [...routes.functions.keys(), ...OWN_ROUTES],
    invoke: withOwnRoutes(invoke, metrics),
    admit,
    readableBy: readableBy(routes.cors),
    preflight: preflightFields(routes.cors),
    ...(tls && { tls }),
    watch: {
      answered: (routeKey, status, ms) => metrics.answered(routeKey, status, ms),
      refused(code) {
        metrics.refused(code);
        log.refused(code);
      },
      failed: (error, requestId) => log.failed('a function failed', { requestId }, error),
    },
  });
  const parts: Stoppable[] = [gateway];
  stopOnSignals(parts, log);
  // Before the functions: a primary that starts takes over, which it must not do beside one that runs already.
  await listen(gateway.server, options);
  if (tls && options.tls) renewTls(gateway.server as Parameters<typeof renewTls>[0], options.tls, tls, log.warn);
  functions = await loadFunctions(folder, [...routes.functions.values(), ...routes.everyMinute]);
  loaded.resolve(functions);
  if (process.env.SCHEDULE !== 'off')
    parts.push(
      keepSchedule(functions, routes.everyMinute, (name, error) => {
        metrics.scheduled(error === undefined ? 'done' : 'failed');
        if (error !== undefined) log.failed('a scheduled run failed', { name }, error);
      }),
    );
  flushCompileCache();
  tellParent();
  log.say(`The ${role} is listening at ${urlOf(options)}, its peer is ${peerUrl}.`);
}
