// Loaded before AWS's runtime interface client for Node: lets it run where its native transport cannot be built, and on Windows.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

/** As the client asks for it. Built by hand, it lies beside the client, and is used. */
const TRANSPORT = './rapid-client.node';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === TRANSPORT && !existsSync(new URL(TRANSPORT, context.parentURL)))
      return { url: new URL('./runtime-transport.ts', import.meta.url).href, shortCircuit: true };
    // The client imports handlers by their path, which on Windows is no specifier.
    return next(isAbsolute(specifier) ? pathToFileURL(specifier).href : specifier, context);
  },
});
