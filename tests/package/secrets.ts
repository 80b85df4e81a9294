// Nothing that is uploaded holds a secret, also when whoever packages has them in the environment.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Packages, unzip } from '../support/package.ts';

export function testSecrets(packages: Packages, secrets: Readonly<Record<string, string>>): void {
  describe.each(['primary', 'replica'] as const)('the package of the %s', (stage) => {
    test('holds no secret in any of its files', async () => {
      const { directory, artifact } = packages[stage];
      const unzipped = join(packages.folder, `${stage}-searched`);
      await unzip(artifact, unzipped);
      const files = [...(await filesIn(directory)), ...(await filesIn(unzipped))];
      expect(files.length).toBeGreaterThan(20);
      for (const file of files) {
        const content = await readFile(file, 'latin1');
        const found = Object.keys(secrets).filter((name) => content.includes(secrets[name] as string));
        expect({ file, found }).toEqual({ file, found: [] });
      }
    });

    test('takes tokens and the URL of the other node from Parameter Store', () => {
      const other = stage === 'primary' ? 'replica' : 'primary';
      for (const { Type, Properties } of Object.values(packages[stage].template.Resources)) {
        if (Type !== 'AWS::Lambda::Function') continue;
        expect(Properties.Environment.Variables).toMatchObject({
          PEER_URL_PARAMETER: `/tandem/${other}/url`,
          PEER_REGION: packages[other].region,
          PEER_TOKEN_PARAMETER: '/tandem/peer-token',
          WRITE_TOKEN_PARAMETER: '/tandem/write-token',
          READ_TOKEN_PARAMETER: '/tandem/read-token',
        });
        for (const name of ['PEER_URL', 'PEER_TOKEN', 'WRITE_TOKEN', 'READ_TOKEN'])
          expect(Properties.Environment.Variables).not.toHaveProperty(name);
      }
    });
  });

  test('the artifact is the same for both stages', async () => {
    expect((await readFile(packages.primary.artifact)).equals(await readFile(packages.replica.artifact))).toBe(true);
  });
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
