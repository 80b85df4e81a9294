// A fresh process that loads one handler and calls it once. Plain JavaScript, so that nothing else is loaded.
const [url, event] = process.argv.slice(2);
const started = performance.now();
const { handler } = await import(url);
const loaded = performance.now();
const answer = await handler(JSON.parse(event), { awsRequestId: 'cold-start' });
const answered = performance.now();
process.stdout.write(
  JSON.stringify({ status: answer?.statusCode, importMs: loaded - started, firstCallMs: answered - loaded }),
);
process.exit();
