// ReplicaSets and ReplicationControllers over the wire: Pods come and go, are adopted and released, failures are said.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from '../../client/client.ts';
import { CoreEvent, Pod, ReplicaSet, ReplicationController, ResourceQuota } from '../../client/kinds.ts';
import { transports } from '../../client/testing/clients.ts';
import { until } from '../../conformance/support/until.ts';
import { type Cluster, startCluster } from '../../testing/index.ts';
import type { ControllerManager } from '../manager/manager.ts';
import { replicationController } from '../replicationcontroller/replicationcontroller.ts';
import { controllerOf } from '../shared/controller-ref.ts';
import { Kubelet } from '../testing/kubelet.ts';
import { startControllers } from '../testing/start-controllers.ts';
import { replicaSet } from './replicaset.ts';

jest.setTimeout(60_000);

const namespace = 'default';
let cluster: Cluster;
let client: Client;
let kubelet: Kubelet;
let manager: ControllerManager;

beforeEach(async () => {
  cluster = await startCluster({ storage: 'memory' });
  client = new Client(transports['in-process'](cluster));
  kubelet = new Kubelet(client);
  manager = await startControllers(cluster, [replicaSet, replicationController]);
});

afterEach(async () => {
  await manager.stop();
  await kubelet.stop();
  await cluster.stop();
});

const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
});

function setOf(name: string, replicas: number, more: object = {}) {
  return {
    metadata: { namespace, name },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name), ...more },
  };
}

const podsOf = async (app: string) =>
  (await client.resource(Pod).list({ namespace, labelSelector: `app=${app}` })).items;
const statusOf = async (name: string) => (await client.resource(ReplicaSet).get({ namespace, name })).status;
const eventsOf = async (reason: string) =>
  (await client.resource(CoreEvent).list({ namespace })).items.filter((event) => event.reason === reason);
const scale = (name: string, replicas: number) =>
  client.resource(ReplicaSet).patch({ namespace, name }, 'merge', { spec: { replicas } });

describe('ReplicaSet', () => {
  test('ReplicaSet should serve a basic image on each replica with a public image: Pods come, are counted, and are replaced', async () => {
    const set = await client.resource(ReplicaSet).create(setOf('web', 3));
    await until('three Pods', async () => (await podsOf('web')).length === 3);
    for (const pod of await podsOf('web')) {
      expect(pod.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
      expect(controllerOf(pod)).toMatchObject({ apiVersion: 'apps/v1', kind: 'ReplicaSet', uid: set.metadata.uid });
      expect(controllerOf(pod)).toHaveProperty('blockOwnerDeletion', true);
    }
    await until('they are counted', async () => (await statusOf('web'))?.fullyLabeledReplicas === 3);
    await kubelet.follow();
    await until('they are available', async () => (await statusOf('web'))?.availableReplicas === 3);
    expect(await statusOf('web')).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
    const [first] = await podsOf('web');
    await client.resource(Pod).delete(first!.metadata);
    await until('another one', async () => {
      const names = (await podsOf('web')).map(({ metadata }) => metadata.name);
      return names.length === 3 && !names.includes(first!.metadata.name);
    });
    await until('events', async () => (await eventsOf('SuccessfulCreate')).length === 4);
    const [event] = await eventsOf('SuccessfulCreate');
    expect(event).toMatchObject({
      message: expect.stringMatching(/^Created pod: web-[a-z0-9]{5}$/),
      type: 'Normal',
      source: { component: 'replicaset-controller' },
      involvedObject: { kind: 'ReplicaSet', name: 'web', apiVersion: 'apps/v1' },
    });
  });

  test('Replace and Patch tests: scaling up and down', async () => {
    await client.resource(ReplicaSet).create(setOf('web', 2));
    await kubelet.follow();
    await until('2', async () => (await statusOf('web'))?.availableReplicas === 2);
    await scale('web', 5);
    await until('5', async () => (await statusOf('web'))?.availableReplicas === 5);
    await scale('web', 1);
    await until('1', async () => (await podsOf('web')).length === 1 && (await statusOf('web'))?.replicas === 1);
    await until('events', async () => (await eventsOf('SuccessfulDelete')).length === 4);
  });

  test('Pods that are cheap to delete, or not ready, go first', async () => {
    await client.resource(ReplicaSet).create(setOf('web', 4));
    await until('4', async () => (await podsOf('web')).length === 4);
    const pods = await podsOf('web');
    const cheap = pods[2]!;
    for (const pod of pods.slice(1)) await kubelet.ready(pod.metadata);
    const annotations = { 'controller.kubernetes.io/pod-deletion-cost': '-5' };
    await client.resource(Pod).patch(cheap.metadata, 'merge', { metadata: { annotations } });
    await until('they are counted', async () => (await statusOf('web'))?.readyReplicas === 3);
    await scale('web', 2);
    await until('2', async () => (await podsOf('web')).length === 2);
    const left = (await podsOf('web')).map(({ metadata }) => metadata.name).sort();
    expect(left).toEqual([pods[1]!.metadata.name, pods[3]!.metadata.name].sort());
  });

  test('ReplicaSet should adopt matching pods on creation and release no longer matching pods', async () => {
    const orphan = await client
      .resource(Pod)
      .create({ metadata: { namespace, name: 'orphan', labels: { app: 'web' } }, spec: template('web').spec });
    const set = await client.resource(ReplicaSet).create(setOf('web', 1));
    await until('adoption', async () => {
      const pod = await client.resource(Pod).get(orphan.metadata);
      return controllerOf(pod)?.uid === set.metadata.uid;
    });
    expect((await podsOf('web')).length).toBe(1);
    await client.resource(Pod).patch(orphan.metadata, 'merge', { metadata: { labels: { app: 'other' } } });
    await until('release', async () => controllerOf(await client.resource(Pod).get(orphan.metadata)) === undefined);
    await until('another one', async () => (await podsOf('web')).length === 1);
  });

  test('ReplicaSet should surface a failure condition on a common issue like exceeded quota', async () => {
    await client
      .resource(ResourceQuota)
      .create({ metadata: { namespace, name: 'few' }, spec: { hard: { pods: '2' } } });
    await client.resource(ResourceQuota).patch(
      { namespace, name: 'few' },
      'merge',
      { status: { hard: { pods: '2' }, used: { pods: '0' } } },
      {
        subresource: 'status',
      },
    );
    await client.resource(ReplicaSet).create(setOf('web', 3));
    await until('a condition', async () => ((await statusOf('web'))?.conditions ?? []).length > 0);
    expect((await statusOf('web'))?.conditions).toEqual([
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: expect.stringMatching(
          /^pods "web-[a-z0-9]{5}" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2$/,
        ),
        lastTransitionTime: expect.any(String),
      },
    ]);
    await until('an event', async () => (await eventsOf('FailedCreate')).length > 0);
    expect((await eventsOf('FailedCreate'))[0]!.message).toMatch(/^Error creating: pods "web-/);
    await scale('web', 2);
    await until('no condition', async () => (await statusOf('web'))?.conditions === undefined);
  });

  test('available only after minReadySeconds', async () => {
    await client.resource(ReplicaSet).create(setOf('web', 1, { minReadySeconds: 2 }));
    await kubelet.follow();
    await until('ready', async () => (await statusOf('web'))?.readyReplicas === 1);
    expect((await statusOf('web'))?.availableReplicas).toBeUndefined();
    await until('available', async () => (await statusOf('web'))?.availableReplicas === 1);
  });

  test('a controller that is stopped in the middle and started again makes no Pod too many', async () => {
    await client.resource(ReplicaSet).create(setOf('web', 60));
    await until('some', async () => (await podsOf('web')).length > 5);
    await manager.stop();
    manager = await startControllers(cluster, [replicaSet]);
    await until('60', async () => (await statusOf('web'))?.replicas === 60);
    expect((await podsOf('web')).length).toBe(60);
  });
});

describe('ReplicationController', () => {
  test('ReplicationController should serve a basic image on each replica with a public image', async () => {
    const spec = { replicas: 2, selector: { app: 'old' }, template: template('old') };
    await client.resource(ReplicationController).create({ metadata: { namespace, name: 'old' }, spec });
    await kubelet.follow();
    const status = async () => (await client.resource(ReplicationController).get({ namespace, name: 'old' })).status;
    await until('available', async () => (await status())?.availableReplicas === 2);
    expect(await status()).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 1,
    });
    expect((await podsOf('old')).map((pod) => controllerOf(pod)?.apiVersion)).toEqual(['v1', 'v1']);
    await until('events', async () => (await eventsOf('SuccessfulCreate')).length === 2);
    expect((await eventsOf('SuccessfulCreate'))[0]!.source?.component).toBe('replication-controller');
  });
});
