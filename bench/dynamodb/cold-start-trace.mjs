// A cold start that tells what it did: which files it loaded, and which requests it sent, in milliseconds since the
// process was created. Plain JavaScript, so that nothing else is loaded.
const { registerHooks } = process.getBuiltinModule('node:module');
const { subscribe } = process.getBuiltinModule('node:diagnostics_channel');
const [url, event] = process.argv.slice(2);

const files = [];
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) files.push(url);
    return next(url, context);
  },
});

const requests = new Map();
const nameOf = (request) => request.getHeader('x-amz-target')?.split('.')[1] ?? `${request.method} ${request.path}`;
subscribe('http.client.request.start', ({ request }) => {
  requests.set(request, { name: nameOf(request), from: performance.now() });
});
// The end of the answer is a moment later, and not told.
subscribe('http.client.response.finish', ({ request }) => {
  const known = requests.get(request);
  if (known) known.to = performance.now();
});

const started = performance.now();
const { handler } = await import(url);
const loaded = performance.now();
await handler(JSON.parse(event), { awsRequestId: 'cold-start' });
const answered = performance.now();
process.stdout.write(`\n${JSON.stringify({ files, requests: [...requests.values()], started, loaded, answered })}`);
process.exit();
