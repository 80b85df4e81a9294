// Node's larger modules, loaded at their first use. An import would load them at every cold start, and would read all
// their exports: the export WebSocket of node:http loads undici, which alone is half of a cold start.

let loadedCrypto: typeof import('node:crypto') | undefined;

export function nodeCrypto(): typeof import('node:crypto') {
  loadedCrypto ??= process.getBuiltinModule('node:crypto');
  return loadedCrypto;
}

/** The HTTP client for a URL. */
export function nodeHttp(url: string): typeof import('node:http') | typeof import('node:https') {
  return process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
}

/** @returns the limit of the heap, in bytes */
export function heapLimit(): number {
  return process.getBuiltinModule('node:v8').getHeapStatistics().heap_size_limit;
}
