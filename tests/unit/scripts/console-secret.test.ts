// The secret of the console that was opened as a file: made once, by whichever process comes first.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { consoleSecret } from '../../../scripts/browsers/console-secret.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-secret-'));
  file = join(folder, '.data/console-secret.js');
});
afterEach(() => rm(folder, { recursive: true }));

test('all that start at once have the same one, which only its user can read, and which the page gets as a script', async () => {
  const secrets = await Promise.all(Array.from({ length: 10 }, () => consoleSecret(file)));
  const [secret = ''] = secrets;
  expect(new Set(secrets).size).toBe(1);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  const window: { tandemConsoleSecret?: string } = {};
  runInNewContext(await readFile(file, 'utf8'), { window });
  expect(window.tandemConsoleSecret).toBe(secret);
  expect(await consoleSecret(file)).toBe(secret);
});

test('once it is deleted the next start makes another one', async () => {
  const secret = await consoleSecret(file);
  await rm(file);
  expect(await consoleSecret(file)).not.toBe(secret);
});

test('a file with something else in it is left alone, and named', async () => {
  await consoleSecret(file);
  await writeFile(file, "window.tandemConsoleSecret = '';\n");
  await expect(consoleSecret(file)).rejects.toThrow(
    `The file ${file} does not hold the secret of the console. Delete it`,
  );
  expect(await readFile(file, 'utf8')).toBe("window.tandemConsoleSecret = '';\n");
});

test('where it cannot be made or read, that is said in a sentence', async () => {
  await writeFile(join(folder, '.data'), '');
  const said = consoleSecret(file);
  await expect(said).rejects.toMatchObject({ name: 'ConfigError' });
  await expect(said).rejects.toThrow(`The file ${file}, with the secret of the console, cannot be made or read: `);
});
