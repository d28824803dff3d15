// client-node's informer through what happens to a server: restarts, and history that was compacted away.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { until } from '../support/until.ts';

jest.setTimeout(90_000);

let cluster: Cluster;
let core: CoreV1Api;
let wanted = false;
let informer: ReturnType<typeof makeInformer<V1ConfigMap>>;

beforeEach(async () => {
  cluster = await startCluster();
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfigPath);
  core = config.makeApiClient(CoreV1Api);
  informer = makeInformer<V1ConfigMap>(config, '/api/v1/namespaces/default/configmaps', () =>
    core.listNamespacedConfigMap({ namespace: 'default' }),
  );
  // As the client's documentation has it: on an error, start again. Not after the test, though: it would never end.
  wanted = true;
  informer.on('error', () => {
    if (wanted) void informer.start();
  });
});
afterEach(async () => {
  wanted = false;
  await informer.stop();
  await cluster.stop();
});

function create(name: string): Promise<V1ConfigMap> {
  return core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name } } });
}

function has(name: string): Promise<V1ConfigMap> {
  return until(`${name} in the informer`, () => informer.get(name, 'default'));
}

test('goes on after the server restarts, missing nothing', async () => {
  await create('before');
  await informer.start();
  await has('before');
  await cluster.restart();
  await until('the server', () =>
    create('after').then(
      () => true,
      () => false,
    ),
  );
  await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'before' });
  await has('after');
  await until('the deletion in the informer', () => informer.get('before', 'default') === undefined);
});

test('lists again when its revision was compacted away, and ends up with what is there', async () => {
  const heard: string[] = [];
  informer.on('add', ({ metadata }) => heard.push(`add ${metadata?.name}`));
  informer.on('delete', ({ metadata }) => heard.push(`delete ${metadata?.name}`));
  await create('first');
  await informer.start();
  await has('first');
  await informer.stop();
  await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'first' });
  await create('second');
  await cluster.storage.compact(await cluster.storage.currentRevision());
  await cluster.restart();
  await until('the informer', () =>
    informer.start().then(
      () => true,
      () => false,
    ),
  );
  await has('second');
  await until('the deletion in the informer', () => informer.get('first', 'default') === undefined);
  expect(heard).toEqual(expect.arrayContaining(['add first', 'add second', 'delete first']));
  await create('third');
  await has('third');
});
