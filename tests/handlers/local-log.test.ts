// What a node on a laptop prints: a line per request for people, or nothing; never what a deployed node prints.
import { expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { printedBy } from '../support/printed.ts';

const usualThings = async (pair: ArtifactPair) => {
  await pair.primary.call('PUT', '/key/a', { body: { value: 1 } });
  await pair.primary.call('PUT', '/key/b', { body: { value: '__fail__' } });
  await pair.replica.call('GET', '/key/a');
  await pair.primary.repairAsScheduled();
};

test('LOG=silent prints nothing', async () => {
  expect(await printedWith('silent')).toEqual([]);
});

test('LOG=requests prints one line for people per request, and nothing else', async () => {
  const printed = await printedWith('requests');
  const line = /^[\d:.]+ (?:primary|replica) ([A-Z]+ \S+ \d{3}) [\d.]+ ms(?: \w+)?$/;
  expect(printed.filter((text) => !line.test(text))).toEqual([]);
  const requests = printed.map((text) => line.exec(text)?.[1]);
  expect(requests.filter((request) => !request?.includes('/digest'))).toEqual([
    'POST /replicate 200',
    'PUT /key/a 201',
    'POST /replicate 200',
    'PUT /key/b 202',
    'GET /key/a 200',
    // What was left of it, and that a comparison got through.
    'POST /replicate 200',
    'POST /replicate 200',
  ]);
});

async function printedWith(LOG: string): Promise<string[]> {
  let pair: ArtifactPair | undefined;
  try {
    await printedBy(async () => {
      pair = await artifactPair({ LOG });
      await pair.primary.call('POST', '/repair');
    });
    return await printedBy(() => usualThings(pair as ArtifactPair));
  } finally {
    await pair?.close();
  }
}
