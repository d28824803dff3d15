// 5,000 random requests: none is answered with a 5xx or not at all, and whatever is stored can be read. run.ts is the long form.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { Target } from '../corpus/target.ts';
import { fuzz } from './fuzz.ts';

jest.setTimeout(180_000);

let cluster: Cluster;
let target: Target;
beforeAll(async () => {
  cluster = await startCluster();
  target = await Target.open({ kubeconfig: cluster.kubeconfigPath });
});
afterAll(async () => {
  target.close();
  await cluster.stop();
});

test('random changes of valid objects are taken or refused, and never break the server', async () => {
  const before = process.memoryUsage.rss();
  const { findings, answers } = await fuzz(target, { seed: 36, first: 0, cases: 5000, concurrency: 8 });
  expect(findings).toEqual([]);
  // Both sides of the border are met: a generator that is always refused, or never, would test nothing.
  expect(answers['2xx']).toBeGreaterThan(1000);
  expect(answers['4xx']).toBeGreaterThan(1000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(1024 * 1_048_576);
});
