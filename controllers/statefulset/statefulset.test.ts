// Stateful sets over the wire: order, names, claims, updates, history.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from '../../client/client.ts';
import { ControllerRevision, CoreEvent, PersistentVolumeClaim, Pod, StatefulSet } from '../../client/kinds.ts';
import { transports } from '../../client/testing/clients.ts';
import { until } from '../../conformance/support/until.ts';
import { type Cluster, startCluster } from '../../testing/index.ts';
import type { ControllerManager } from '../manager/manager.ts';
import { isPodReady } from '../shared/active-pods.ts';
import { controllerOf } from '../shared/controller-ref.ts';
import { Kubelet } from '../testing/kubelet.ts';
import { startControllers } from '../testing/start-controllers.ts';
import { statefulSet } from './statefulset.ts';

jest.setTimeout(60_000);

const namespace = 'default';
const name = 'ss';
const labels = { app: name };
let cluster: Cluster;
let client: Client;
let kubelet: Kubelet;
let manager: ControllerManager;

const imageOf = ({ spec }: Pod) => spec?.containers[0]?.image;

beforeEach(async () => {
  cluster = await startCluster({ storage: 'memory' });
  client = new Client(transports['in-process'](cluster));
  kubelet = new Kubelet(client, { becomesReady: (pod) => imageOf(pod) !== 'broken' });
  manager = await startControllers(cluster, [statefulSet]);
});

afterEach(async () => {
  await manager.stop();
  await kubelet.stop();
  await cluster.stop();
});

const create = (replicas: number, more: object = {}) => {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'one' }] } };
  const spec = { replicas, serviceName: 'nginx', selector: { matchLabels: labels }, template, ...more };
  return client.resource(StatefulSet).create({ metadata: { namespace, name }, spec });
};
const get = () => client.resource(StatefulSet).get({ namespace, name });
const patch = (spec: object) => client.resource(StatefulSet).patch({ namespace, name }, 'strategic', { spec });
const setImage = (image: string) => patch({ template: { spec: { containers: [{ name: 'c', image }] } } });
const pods = async () => (await client.resource(Pod).list({ namespace })).items;
const names = async () => (await pods()).map(({ metadata }) => metadata.name).sort();
const claims = async () => (await client.resource(PersistentVolumeClaim).list({ namespace })).items;
const revisions = async () =>
  (await client.resource(ControllerRevision).list({ namespace })).items.sort((a, b) => a.revision - b.revision);
const images = async () =>
  Object.fromEntries((await pods()).map((pod) => [pod.metadata.name.slice(name.length + 1), imageOf(pod)]));
const events = async (reason: string) =>
  (await client.resource(CoreEvent).list({ namespace })).items
    .filter((event) => event.reason === reason)
    .map(({ message }) => message);

const complete = (replicas: number) =>
  until(`${replicas} replicas`, async () => {
    const { status, metadata } = await get();
    return (
      status?.observedGeneration === metadata.generation &&
      status?.replicas === replicas &&
      (status.availableReplicas ?? 0) === replicas &&
      (await pods()).length === replicas
    );
  });

/** Which Pods were created and deleted, in order. */
async function history(): Promise<{ stop(): Promise<string[]> }> {
  const { metadata } = await client.resource(Pod).list({ namespace });
  const watch = await client.resource(Pod).watch({ namespace, resourceVersion: metadata.resourceVersion });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const batch of watch)
      for (const { type, object } of Array.isArray(batch) ? batch : [batch])
        if (type === 'ADDED' || type === 'DELETED') seen.push(`${type === 'ADDED' ? '+' : '-'}${object.metadata.name}`);
  })();
  return {
    stop: async () => {
      watch.close();
      await reading.catch(() => undefined);
      return seen;
    },
  };
}

describe('order', () => {
  test('StatefulSet Scaling should happen in predictable order and halt if any stateful pod is unhealthy', async () => {
    await create(3);
    await until('the first', async () => (await names()).join() === 'ss-0');
    await until('it is counted', async () => (await get()).status?.replicas === 1);
    expect(await names()).toEqual(['ss-0']);
    await kubelet.ready({ namespace, name: 'ss-0' });
    await until('the second', async () => (await names()).join() === 'ss-0,ss-1');
    await kubelet.ready({ namespace, name: 'ss-1' });
    await until('the third', async () => (await names()).join() === 'ss-0,ss-1,ss-2');
    await kubelet.ready({ namespace, name: 'ss-2' });
    await complete(3);
    const [pod] = await pods();
    expect(pod!.spec).toMatchObject({ hostname: 'ss-0', subdomain: 'nginx' });
    expect(pod!.metadata.labels).toEqual({
      ...labels,
      'statefulset.kubernetes.io/pod-name': 'ss-0',
      'apps.kubernetes.io/pod-index': '0',
      'controller-revision-hash': (await get()).status?.currentRevision,
    });
    // One that is not ready keeps others from going.
    await kubelet.unready({ namespace, name: 'ss-0' });
    await until('it is counted', async () => (await get()).status?.readyReplicas === 2);
    await patch({ replicas: 1 });
    await until('seen', async () => (await get()).status?.observedGeneration === 2);
    expect((await names()).length).toBe(3);
    const seen = await history();
    await kubelet.ready({ namespace, name: 'ss-0' });
    await complete(1);
    expect(await seen.stop()).toEqual(['-ss-2', '-ss-1']);
    await until('events', async () => (await events('SuccessfulDelete')).length === 2);
    expect(await events('SuccessfulCreate')).toContain('Create Pod ss-0 in StatefulSet ss successful');
  });

  test('StatefulSet Burst scaling should run to completion even with unhealthy pods', async () => {
    await create(3, { podManagementPolicy: 'Parallel' });
    await until('three', async () => (await names()).length === 3);
    await patch({ replicas: 5 });
    await until('five', async () => (await names()).length === 5);
    await patch({ replicas: 0 });
    await until('none', async () => (await names()).length === 0);
  });

  test('StatefulSet Should recreate evicted statefulset: a Pod that failed is replaced', async () => {
    await create(1);
    await until('one', async () => (await names()).length === 1);
    const [before] = await pods();
    await kubelet.fail(before!.metadata);
    await until('another one', async () => {
      const [pod] = await pods();
      return pod !== undefined && pod.metadata.uid !== before!.metadata.uid;
    });
  });

  test('ordinals begin where the set says, and move with it', async () => {
    await kubelet.follow();
    await create(2, { ordinals: { start: 3 } });
    await complete(2);
    expect(await names()).toEqual(['ss-3', 'ss-4']);
    await patch({ ordinals: { start: 4 } });
    await until('moved', async () => (await names()).join() === 'ss-4,ss-5');
  });

  test('available only after minReadySeconds', async () => {
    await kubelet.follow();
    await create(2, { minReadySeconds: 1 });
    await until('ready', async () => (await get()).status?.readyReplicas === 1);
    expect((await get()).status?.availableReplicas).toBe(0);
    await complete(2);
  });
});

describe('updates', () => {
  test('StatefulSet should perform rolling updates and roll backs of template modifications', async () => {
    await kubelet.follow();
    await create(3);
    await complete(3);
    const first = (await get()).status!;
    expect(first).toMatchObject({ currentReplicas: 3, updatedReplicas: 3, updateRevision: first.currentRevision });
    const seen = await history();
    await setImage('two');
    await until('all new', async () => (await get()).status?.currentRevision !== first.currentRevision);
    expect(await images()).toEqual({ 0: 'two', 1: 'two', 2: 'two' });
    expect(await seen.stop()).toEqual(['-ss-2', '+ss-2', '-ss-1', '+ss-1', '-ss-0', '+ss-0']);
    await setImage('one');
    await until('all old', async () => (await get()).status?.currentRevision === first.currentRevision);
    const kept = await revisions();
    expect(kept.map(({ revision }) => revision)).toEqual([2, 3]);
    expect(kept[1]!.metadata.name).toBe(first.currentRevision);
    expect(kept[0]!.data).toMatchObject({ spec: { template: { $patch: 'replace' } } });
  });

  test('StatefulSet should perform canary updates and phased rolling updates of template modifications', async () => {
    await kubelet.follow();
    const partition = (partition: number) => ({ updateStrategy: { rollingUpdate: { partition } } });
    await create(3, partition(2));
    await complete(3);
    const { currentRevision } = (await get()).status!;
    await setImage('two');
    await until('the canary', async () => (await get()).status?.updatedReplicas === 1);
    await complete(3);
    expect(await images()).toEqual({ 0: 'one', 1: 'one', 2: 'two' });
    // One below the partition comes back as it was.
    await client.resource(Pod).delete({ namespace, name: 'ss-0' });
    await complete(3);
    expect(await images()).toEqual({ 0: 'one', 1: 'one', 2: 'two' });
    expect((await get()).status).toMatchObject({ currentRevision, currentReplicas: 2, updatedReplicas: 1 });
    await patch(partition(0));
    await until('all', async () => (await get()).status?.currentRevision !== currentRevision);
    expect(await images()).toEqual({ 0: 'two', 1: 'two', 2: 'two' });
  });

  test('StatefulSet should implement legacy replacement when the update strategy is OnDelete', async () => {
    await kubelet.follow();
    await create(2, { updateStrategy: { type: 'OnDelete' } });
    await complete(2);
    await setImage('two');
    await until('seen', async () => (await get()).status?.observedGeneration === 2);
    expect(await images()).toEqual({ 0: 'one', 1: 'one' });
    await client.resource(Pod).delete({ namespace, name: 'ss-0' });
    await until('the new one', async () => (await images())[0] === 'two');
    await complete(2);
    expect(await images()).toEqual({ 0: 'two', 1: 'one' });
  });

  test('a rollout that is stuck stays so, until the broken Pod is deleted', async () => {
    await kubelet.follow();
    await create(2);
    await complete(2);
    await setImage('broken');
    await until('stuck', async () => (await images())[1] === 'broken');
    await setImage('one');
    await until('seen', async () => (await get()).status?.observedGeneration === 3);
    expect(await images()).toEqual({ 0: 'one', 1: 'broken' });
    await client.resource(Pod).delete({ namespace, name: 'ss-1' });
    await complete(2);
    expect(await images()).toEqual({ 0: 'one', 1: 'one' });
  });

  test('old revisions go beyond the limit', async () => {
    await kubelet.follow();
    await create(1, { revisionHistoryLimit: 1 });
    for (const image of ['two', 'three', 'four']) {
      await complete(1);
      await setImage(image);
      await until(image, async () => (await images())[0] === image);
    }
    await complete(1);
    await until('two are left', async () => (await revisions()).map(({ revision }) => revision).join() === '3,4');
  });
});

describe('claims', () => {
  const volumeClaimTemplates = [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];

  test('each Pod has its own, which stay by default', async () => {
    await kubelet.follow();
    await create(2, { volumeClaimTemplates });
    await complete(2);
    expect((await claims()).map(({ metadata }) => metadata.name)).toEqual(['data-ss-0', 'data-ss-1']);
    const [claim] = await claims();
    expect(claim!.metadata.labels).toEqual(labels);
    expect(claim!.metadata.ownerReferences).toBeUndefined();
    const [pod] = await pods();
    expect(pod!.spec?.volumes?.[0]).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-ss-0' } });
    await patch({ replicas: 0 });
    await complete(0);
    expect((await claims()).length).toBe(2);
    await until('events', async () => (await events('SuccessfulCreate')).length === 4);
    expect(await events('SuccessfulCreate')).toContain('Create Claim data-ss-0 Pod ss-0 in StatefulSet ss success');
  });

  test('the retention policy: they belong to the set, and to a Pod that is scaled away', async () => {
    await kubelet.follow();
    const persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
    const set = await create(2, { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy });
    await complete(2);
    await until('the set owns them', async () =>
      (await claims()).every((claim) => controllerOf(claim)?.uid === set.metadata.uid),
    );
    const last = await client.resource(Pod).get({ namespace, name: 'ss-1' });
    await patch({ replicas: 1 });
    await complete(1);
    const claim = (await claims()).find(({ metadata }) => metadata.name === 'data-ss-1')!;
    expect(controllerOf(claim)).toMatchObject({ kind: 'Pod', name: 'ss-1', uid: last.metadata.uid });
    // Until the claim has gone, the Pod does not come back to it.
    await patch({ replicas: 2 });
    await until('seen', async () => (await get()).status?.observedGeneration === 3);
    expect(await names()).toEqual(['ss-0']);
    await client.resource(PersistentVolumeClaim).patch(claim.metadata, 'merge', { metadata: { finalizers: null } });
    await client.resource(PersistentVolumeClaim).delete(claim.metadata);
    await patch({ minReadySeconds: 0, template: { metadata: { labels: { ...labels, more: 'y' } } } });
    await until('both', async () => (await names()).length === 2);
  });
});

test('a manager that is stopped in the middle is continued by the next one', async () => {
  await kubelet.follow();
  await create(6);
  await until('some', async () => (await names()).length > 1);
  await manager.stop();
  manager = await startControllers(cluster, [statefulSet]);
  await complete(6);
  expect((await pods()).every(isPodReady)).toBe(true);
});
