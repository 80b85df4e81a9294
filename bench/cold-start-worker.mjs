// A fresh process that loads one handler and calls it until it answers. Plain JavaScript, so that nothing else is
// loaded.
const LIMIT_MS = 10_000;
const [url, event] = process.argv.slice(2);
const started = performance.now();
const { handler } = await import(url);
const loaded = performance.now();
let answer = await handler(JSON.parse(event), { awsRequestId: 'cold-start' });
// A primary that starts empty asks the replica first what it holds, and answers 503 meanwhile.
while (answer?.body?.includes('"recovering"') && performance.now() - loaded < LIMIT_MS) {
  await new Promise((resolve) => setImmediate(resolve));
  answer = await handler(JSON.parse(event), { awsRequestId: 'cold-start' });
}
const answered = performance.now();
// On a line of its own, after what the handler has logged.
process.stdout.write(
  `\n${JSON.stringify({ status: answer?.statusCode, isRefilling: answer?.body?.includes('"refilling"'), importMs: loaded - started, firstCallMs: answered - loaded })}`,
);
process.exit();
