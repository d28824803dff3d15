// The test kit: clusters are apart, start from a clone, go back to their beginning, and leave nothing behind.
import { existsSync } from 'node:fs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import pg from 'pg';
import { testPostgres } from '../storage/testing/test-postgres.ts';
import { type Cluster, startCluster } from './index.ts';

// The first cluster makes a PostgreSQL and a template first, which takes its time on a busy machine.
jest.setTimeout(60_000);

const running: Cluster[] = [];

async function start(): Promise<Cluster> {
  const cluster = await startCluster();
  running.push(cluster);
  return cluster;
}

function core(cluster: Cluster): CoreV1Api {
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  return config.makeApiClient(CoreV1Api);
}

async function configMaps(cluster: Cluster): Promise<string[]> {
  const { items } = await core(cluster).listNamespacedConfigMap({ namespace: 'default' });
  return items.map((item) => item.metadata!.name!);
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((cluster) => cluster.stop()));
});

test('clusters that run side by side know nothing of each other', async () => {
  const clusters = await Promise.all([start(), start(), start()]);
  await Promise.all(
    clusters.map((cluster, i) =>
      core(cluster).createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: `of-${i}` } } }),
    ),
  );
  for (const [i, cluster] of clusters.entries())
    expect(await configMaps(cluster)).toEqual(['kube-root-ca.crt', `of-${i}`]);
});

test('reset undoes creates, deletes and changes, and clients see it happen', async () => {
  const cluster = await start();
  const api = core(cluster);
  await api.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'made' } } });
  await api.deleteNamespacedConfigMap({ namespace: 'default', name: 'kube-root-ca.crt' });
  await api.patchNamespace({
    name: 'default',
    body: [{ op: 'add', path: '/metadata/annotations', value: { changed: 'yes' } }],
  });
  await cluster.reset();
  expect(await configMaps(cluster)).toEqual(['kube-root-ca.crt']);
  expect((await api.readNamespace({ name: 'default' })).metadata!.annotations).toBeUndefined();
});

test('a stopped cluster leaves no database, no file and no listener', async () => {
  const cluster = await start();
  const { kubeconfigPath, url } = cluster;
  const api = core(cluster);
  await cluster.stop();
  await cluster.stop();
  const client = new pg.Client((await testPostgres()).admin);
  await client.connect();
  const { rows } = await client.query('SELECT datname FROM pg_database WHERE datname = $1', [
    cluster.database!.database,
  ]);
  await client.end();
  expect(rows).toEqual([]);
  expect(existsSync(kubeconfigPath)).toBe(false);
  await expect(api.listNamespace()).rejects.toThrow(/ECONNREFUSED|fetch failed|connect/);
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
});
