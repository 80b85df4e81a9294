// What the README tells, done in the console.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Console, shows } from './console.ts';
import { startSlowReplica } from './slow-replica.ts';
import { useStage } from './stage.ts';

const stage = useStage();
let console: Console;

beforeEach(async () => {
  console = await stage.open();
});

describe('a value', () => {
  test('put on the primary can be read from both nodes, and its status is replicated', async () => {
    await console.put('foo', 'hello');
    await shows(console.result, '201 Created foo is at version 1, on both nodes.');

    await console.button('Get').click();
    await shows(console.result, 'foo is at version 1 on the primary:"hello"');

    await console.radio('replica').check();
    await console.button('Get').click();
    await shows(console.result, 'foo is at version 1 on the replica:"hello"');

    await console.radio('primary').check();
    await console.button('Status').click();
    await shows(console.result, /foo, version 1, is replicated, \d+ ms after it was written/);

    await shows(console.row('foo'), /^foo.*11replicated$/);
    await shows(console.pairWords, 'Identical.');
  });

  test('that is JSON goes as JSON, and everything else as a string', async () => {
    await console.put('n', '12345678901234567890');
    await console.button('Get').click();
    await shows(console.result, /on the primary:12345678901234567890$/);

    await console.put('n', '12 apples');
    await shows(console.result, 'version 2');
    await console.button('Get').click();
    await shows(console.result, 'on the primary:"12 apples"');
  });

  test('is gone from both nodes once deleted', async () => {
    await console.put('gone', 'soon');
    await shows(console.copy('B', 'gone'), /^1$/);

    await console.button('Delete').click();
    await shows(console.result, '200 OK gone is deleted, as version 2, on both nodes.');
    await console.row('gone').waitFor({ state: 'detached' });

    await console.button('Get').click();
    await shows(console.result, "404 Not Found There is no key 'gone'. key_not_found");
  });

  test('is written only under the condition that was chosen', async () => {
    await console.put('once', 'first');
    await shows(console.result, '201 Created');
    await console.page.getByText('Expiry and conditions').click();
    await console.radio('the key does not exist (put only)').check();
    await console.button('Put').click();
    await shows(console.result, /412 Precondition Failed The key is at version 1\..*precondition_failed/);

    await console.radio('the key is at this ETag:').check();
    expect(await console.page.getByLabel('ETag for If-Match').inputValue()).toMatch(/^"\d+-1"$/);
    await console.button('Put').click();
    await shows(console.result, 'once is at version 2');
  });
});

test('the __fail__ demonstration: the primary keeps the write, the replica does not have it, another value heals it', async () => {
  await console.openWire();
  await console.button('__fail__ demonstration').click();
  await shows(console.result, /200 OK bad, version 1, is replication_failed after .* replica answered 500/);
  await shows(console.exchanges.nth(1), '202 Accepted');
  await shows(console.row('bad'), 'replication_failed');
  await shows(console.copy('B', 'bad'), '–not here');
  await shows(console.pairWords, 'Behind. 1 record in the backlog');

  await console.put('bad', 'good');
  await shows(console.result, 'bad is at version 2, on both nodes.');
  await shows(console.row('bad'), /22replicated$/);
  await shows(console.pairWords, 'Identical.');
});

test('a copy that is older than the record is seen to be', async () => {
  await console.put('late', 'first');
  await shows(console.row('late'), /11replicated$/);
  await console.put('late', '__fail__');
  await shows(console.row('late'), 'replication_failed');
  await shows(console.copy('A', 'late'), /^2$/);
  await shows(console.copy('B', 'late'), /^1older$/);
  await console.button('Delete').click();
  await console.row('late').waitFor({ state: 'detached' });
});

test('a replica that is stopped is seen to be, and what to do; started again it is repaired with one button', async () => {
  await stage.pair.replica.stop();
  await shows(console.panel('B'), 'not reachable');
  await shows(console.panel('B'), 'npm run replica');
  await shows(console.pairWords, 'Replica not reachable.');

  await console.put('meanwhile', 'written');
  await shows(console.result, /202 Accepted .* on the primary and not yet on the replica/);

  await stage.pair.replica.start();
  await shows(console.panel('B'), /up/);
  await console.button('Repair now').click();
  await shows(console.result, /Repair: \d+ records? shipped, 0 failed, 0 left .* 16,384 buckets of keys /);
  await console.openWire();
  await shows(console.exchanges.first(), /POST\/repair.*Repair: \d+ records? shipped/);
  await shows(console.copy('B', 'meanwhile'), /^1$/);
  await shows(console.pairWords, /Identical\. .* In sync since \d/);
});

test('a primary that is started is seen to be recovering, for as long as its replica takes', async () => {
  const { primary, replica } = stage.pair;
  await Promise.all([primary.stop(), replica.stop()]);
  await shows(console.panel('A'), 'not reachable');
  const slow = await startSlowReplica(replica.url);
  const started = primary.start();
  await shows(console.panel('A'), 'recovering');
  await shows(console.panel('A'), 'it waits as long as the replica takes');
  await shows(console.pairWords, 'Recovering.');
  await slow.stop();
  await Promise.all([started, replica.start()]);
  await shows(console.panel('A'), 'up');
});
