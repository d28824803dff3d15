// What every kubectl suite stands on: for each kubectl in PATH a cluster of its own and a namespace with a service account.
import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { findKubectls, Kubectl } from '../support/kubectl.ts';

/** kubectl itself needs some 0.2 s a call, more while other suites run. */
const testTimeoutMs = 120_000;

export interface KubectlSuite {
  /** kubectl as cluster admin, in the namespace `suite`. */
  kubectl: Kubectl;
  cluster: Cluster;
}

export const suiteNamespace = 'suite';

/** Makes a namespace in which pods can be created, with or without controllers to make its service account. */
export async function makeNamespace(kubectl: Kubectl, name: string): Promise<Kubectl> {
  await kubectl.ok(`create namespace ${name}`);
  const made = await kubectl.run(`create serviceaccount default --namespace ${name}`);
  if (made.code !== 0 && !made.stderr.includes('already exists')) throw new Error(made.stderr);
  return kubectl.in(name);
}

/** Defines the same tests for each kubectl. `define` gets a getter: the suite is there once its tests run. */
export function describeKubectl(subject: string, define: (suite: () => KubectlSuite) => void): void {
  jest.setTimeout(testTimeoutMs);
  describe.each(findKubectls())(`${subject} with %s`, (binary) => {
    let suite: KubectlSuite | undefined;
    beforeAll(async () => {
      const cluster = await startCluster();
      const kubectl = new Kubectl(binary, cluster.kubeconfigPath);
      suite = { cluster, kubectl };
      suite = { cluster, kubectl: await makeNamespace(kubectl, suiteNamespace) };
    });
    afterAll(async () => {
      suite?.kubectl.close();
      await suite?.cluster.stop();
    });
    define(() => suite!);
  });
}
