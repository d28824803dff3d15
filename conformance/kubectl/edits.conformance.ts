// Both forms of apply over some 200 random edits each of manifests of 13 kinds: after every edit the object is what the manifest, created anew,
// would give, and applying it once more changes nothing. APPLY_SEED and APPLY_ROUNDS give other edits, and more of them.
import { expect, test } from '@jest/globals';
import { ApiClient } from '../api/support/client.ts';
import { Random } from '../fuzz/random.ts';
import { storedAndWanted } from './edits/converged.ts';
import { type Edited, edit } from './edits/edit.ts';
import { gardens, manifestsToEdit } from './edits/manifests.ts';
import { describeKubectl, type KubectlSuite, suiteNamespace } from './suite.ts';

const rounds = Number(process.env['APPLY_ROUNDS'] ?? 16);
const seed = Number(process.env['APPLY_SEED'] ?? 1);

/** Documents of one stream: kubectl would validate a List by itself, with the server's OpenAPI, instead of asking the server. */
const stream = (all: readonly Edited[]) => all.map(({ manifest }) => `---\n${JSON.stringify(manifest)}\n`).join('');

async function converges({ kubectl, cluster }: KubectlSuite, command: string, prefix: string): Promise<void> {
  const api = new ApiClient(cluster);
  const random = new Random(seed);
  const all = manifestsToEdit(prefix);
  for (let round = 0; round <= rounds; round++) {
    if (round > 0) for (const each of all) edit(each, random);
    await kubectl.ok(`${command} -f -`, { input: stream(all) });
    for (const { manifest } of all) {
      const { stored, wanted } = await storedAndWanted(api, manifest, suiteNamespace);
      expect({ round, manifest, object: stored }).toEqual({ round, manifest, object: wanted });
    }
  }
  const revisions = () =>
    kubectl.ok("get -f - -o jsonpath='{.items[*].metadata.resourceVersion}'", { input: stream(all) });
  const before = await revisions();
  await kubectl.ok(`${command} -f -`, { input: stream(all) });
  expect(await revisions()).toBe(before);
}

describeKubectl('edited manifests', (suite) => {
  test('client-side apply leads to what the manifest says', async () => {
    await suite().kubectl.ok('apply -f -', { input: gardens });
    await suite().kubectl.ok('wait --for=condition=Established crd/gardens.garden.example.com --timeout=30s');
    await converges(suite(), 'apply', 'client');
  });

  test('server-side apply leads to what the manifest says', async () => {
    await converges(suite(), 'apply --server-side', 'server');
  });
});
