// The official Python client, unmodified, as Debian packages it (python3-kubernetes).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { runProgram } from '../support/program.ts';

jest.setTimeout(120_000);

/** The first Python here that has the client; Debian's own is not always the first in PATH. */
function findPython(): string {
  const candidates = [process.env['PYTHON'], '/usr/bin/python3', 'python3'].filter((name) => name !== undefined);
  const found = candidates.find((python) => spawnSync(python, ['-c', 'import kubernetes']).status === 0);
  if (found === undefined) throw new Error('there is no Python with the kubernetes client: install python3-kubernetes');
  return found;
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

test('lists, creates, patches, watches, deletes', async () => {
  const script = fileURLToPath(new URL('python_client.py', import.meta.url));
  const { code, stdout, stderr } = await runProgram(findPython(), [script, cluster.kubeconfigPath]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toEqual(['version', 'list', 'create', 'patch', 'deployment', 'watch', 'not found']);
});
