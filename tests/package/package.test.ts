// What `sls package` makes of both stages: the template, what each function may do, and the artifact at work.
import { afterAll } from '@jest/globals';
import { packageStages } from '../support/package.ts';
import { testArtifact } from './artifact.ts';
import { testLeastPrivilege } from './least-privilege.ts';
import { testParams } from './params.ts';
import { testSecrets } from './secrets.ts';
import { testSpecification } from './specification.ts';
import { testTemplate } from './template.ts';

/** Whoever packages may have tokens in the environment. */
const SECRETS = {
  PEER_TOKEN: 'the-peer-token-of-who-packages',
  WRITE_TOKEN: 'the-write-token-of-who-packages',
  READ_TOKEN: 'the-read-token-of-who-packages',
};

const packages = await packageStages(SECRETS);
afterAll(() => packages.remove());

testTemplate(packages);
await testSpecification(packages);
testLeastPrivilege(packages);
testSecrets(packages, SECRETS);
await testParams(packages);
testArtifact(packages);
