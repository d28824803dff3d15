// The corpus against pgplane: every answer is the one that kube-apiserver v1.36 gave.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { loadCorpus } from './corpus.ts';
import { play, type Result } from './play.ts';
import { Target } from './target.ts';

jest.setTimeout(60_000);

const files = loadCorpus();
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

test('the corpus has at least 400 requests, and no two of a file have the same name', () => {
  expect(files.reduce((sum, { requests }) => sum + requests.length, 0)).toBeGreaterThanOrEqual(400);
  for (const { requests } of files) expect(new Set(requests.map(({ it }) => it)).size).toBe(requests.length);
});

describe('answers', () => {
  test.each(files.map((file) => [file.name, file] as const))('%s', async (_, file) => {
    const results = await play(target, file);
    const answers = (pick: (result: Result) => unknown) => Object.fromEntries(results.map((r) => [r.it, pick(r)]));
    expect(answers(({ got }) => got)).toEqual(answers(({ request }) => request.want));
  });
});
