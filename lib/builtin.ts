// Node's larger modules, taken as they are when they are first used. An import would load them at every cold start, and
// reads all their exports: that of node:http named WebSocket loads undici, which alone is half of a cold start.

let loadedCrypto: typeof import('node:crypto') | undefined;

export function nodeCrypto(): typeof import('node:crypto') {
  loadedCrypto ??= process.getBuiltinModule('node:crypto');
  return loadedCrypto;
}

/** The HTTP client for a URL. */
export function nodeHttp(url: string): typeof import('node:http') | typeof import('node:https') {
  return process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
}

/** In bytes. */
export function heapLimit(): number {
  return process.getBuiltinModule('node:v8').getHeapStatistics().heap_size_limit;
}
