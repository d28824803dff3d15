// Deployments over the wire, with their ReplicaSets: rollouts, scaling, pauses, history, deadlines.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from '../../client/client.ts';
import { CoreEvent, Deployment, Pod, ReplicaSet, ResourceQuota } from '../../client/kinds.ts';
import { transports } from '../../client/testing/clients.ts';
import { until } from '../../conformance/support/until.ts';
import { type Cluster, startCluster } from '../../testing/index.ts';
import type { ControllerManager } from '../manager/manager.ts';
import { replicaSet } from '../replicaset/replicaset.ts';
import { isPodReady } from '../shared/active-pods.ts';
import { findCondition } from '../shared/conditions.ts';
import { controllerOf } from '../shared/controller-ref.ts';
import { Kubelet } from '../testing/kubelet.ts';
import { startControllers } from '../testing/start-controllers.ts';
import { deployment } from './deployment.ts';
import { equalIgnoringHash } from './replica-sets.ts';

jest.setTimeout(60_000);

const namespace = 'default';
const name = 'web';
const labels = { app: name };
let cluster: Cluster;
let client: Client;
let kubelet: Kubelet;
let manager: ControllerManager;
/** Images that never become ready. */
let broken: string;

const imageOf = ({ spec }: Pod) => spec?.containers[0]?.image;

beforeEach(async () => {
  broken = 'broken';
  cluster = await startCluster({ storage: 'memory' });
  client = new Client(transports['in-process'](cluster));
  kubelet = new Kubelet(client, { becomesReady: (pod) => imageOf(pod) !== broken });
  manager = await startControllers(cluster, [deployment, replicaSet]);
});

afterEach(async () => {
  await manager.stop();
  await kubelet.stop();
  await cluster.stop();
});

function specOf(replicas: number, image: string, more: object = {}) {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } };
  return { replicas, selector: { matchLabels: labels }, template, ...more };
}

const create = (replicas: number, more: object = {}) =>
  client.resource(Deployment).create({ metadata: { namespace, name }, spec: specOf(replicas, 'one', more) });
const get = () => client.resource(Deployment).get({ namespace, name });
const patch = (spec: object) => client.resource(Deployment).patch({ namespace, name }, 'strategic', { spec });
const setImage = (image: string) => patch({ template: { spec: { containers: [{ name: 'c', image }] } } });
const sets = async () => (await client.resource(ReplicaSet).list({ namespace })).items;
const setOf = async (image: string) =>
  (await sets()).find(({ spec }) => spec?.template?.spec?.containers[0]?.image === image);
const pods = async () => (await client.resource(Pod).list({ namespace })).items;
const condition = async (type: string) => findCondition((await get()).status?.conditions, type);
const events = async (reason: string) =>
  (await client.resource(CoreEvent).list({ namespace })).items
    .filter((event) => event.reason === reason)
    .map(({ message }) => message);

const complete = (image: string) =>
  until(`all Pods of ${image}`, async () => {
    const { spec, status, metadata } = await get();
    const all = await pods();
    return (
      status?.observedGeneration === metadata.generation &&
      findCondition(status?.conditions, 'Progressing')?.reason === 'NewReplicaSetAvailable' &&
      status?.availableReplicas === spec?.replicas &&
      all.length === spec?.replicas &&
      all.every((pod) => imageOf(pod) === image && isPodReady(pod))
    );
  });

describe('a rolling update', () => {
  test('Deployment deployment should support rollover, and say what happens', async () => {
    await kubelet.follow();
    await create(3);
    await complete('one');
    const { metadata, status } = await get();
    expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    expect(status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(status?.unavailableReplicas).toBeUndefined();
    expect(status?.conditions?.map(({ type, reason, message }) => [type, reason, message])).toEqual([
      ['Available', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
      [
        'Progressing',
        'NewReplicaSetAvailable',
        `ReplicaSet "${(await setOf('one'))!.metadata.name}" has successfully progressed.`,
      ],
    ]);
    const first = (await setOf('one'))!;
    const hash = first.metadata.labels!['pod-template-hash'];
    expect(first.metadata.name).toBe(`web-${hash}`);
    expect(first.spec?.selector.matchLabels).toEqual({ ...labels, 'pod-template-hash': hash });
    expect(first.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
      'deployment.kubernetes.io/revision': '1',
    });
    await setImage('two');
    await complete('two');
    expect((await get()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    expect((await setOf('one'))?.spec?.replicas).toBe(0);
    const [old, young] = [first.metadata.name, (await setOf('two'))!.metadata.name];
    await until('all events', async () => (await events('ScalingReplicaSet')).length === 7);
    expect(await events('ScalingReplicaSet')).toEqual(
      expect.arrayContaining([
        `Scaled up replica set ${old} from 0 to 3`,
        `Scaled up replica set ${young} from 0 to 1`,
        `Scaled down replica set ${old} from 3 to 2`,
        `Scaled up replica set ${young} from 1 to 2`,
        `Scaled down replica set ${old} from 2 to 1`,
        `Scaled up replica set ${young} from 2 to 3`,
        `Scaled down replica set ${old} from 1 to 0`,
      ]),
    );
  });

  test('never leaves fewer available, nor makes more, than it may', async () => {
    await kubelet.follow();
    await create(6, { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: '34%' } } });
    await complete('one');
    const seen = { fewest: 6, most: 6 };
    await setImage('two');
    await until('done', async () => {
      const all = (await pods()).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      seen.fewest = Math.min(seen.fewest, all.filter(isPodReady).length);
      seen.most = Math.max(seen.most, all.length);
      return all.every((pod) => imageOf(pod) === 'two' && isPodReady(pod)) && all.length === 6;
    });
    expect(seen.fewest).toBeGreaterThanOrEqual(4);
    expect(seen.most).toBeLessThanOrEqual(7);
  });

  test('going back takes the old ReplicaSet again, with a new revision', async () => {
    await kubelet.follow();
    await create(2);
    await complete('one');
    const first = (await setOf('one'))!;
    await setImage('two');
    await complete('two');
    await setImage('one');
    await complete('one');
    const again = (await setOf('one'))!;
    expect(again.metadata.uid).toBe(first.metadata.uid);
    expect(again.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect((await get()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  test('Deployment deployment should support proportional scaling', async () => {
    await kubelet.follow();
    await create(10, { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
    await complete('one');
    await setImage('broken');
    await until('it is stuck', async () => {
      const [old, young] = [await setOf('one'), await setOf('broken')];
      return old?.spec?.replicas === 8 && young?.spec?.replicas === 5 && young.status?.replicas === 5;
    });
    await patch({ replicas: 30 });
    // As upstream: 30 replicas and a surge of 3 are shared 8 to 5.
    await until('both have grown', async () => {
      const [old, young] = [await setOf('one'), await setOf('broken')];
      return old?.spec?.replicas === 20 && young?.spec?.replicas === 13;
    });
  });
});

test('Deployment RecreateDeployment should delete old pods and create new ones', async () => {
  await kubelet.follow();
  await create(3, { strategy: { type: 'Recreate' } });
  await complete('one');
  await setImage('two');
  let mixed = false;
  await until('done', async () => {
    const images = new Set((await pods()).map(imageOf));
    mixed ||= images.size > 1;
    return images.has('two') && (await condition('Progressing'))?.reason === 'NewReplicaSetAvailable';
  });
  expect(mixed).toBe(false);
  await complete('two');
});

test('Deployment deployment should delete old replica sets', async () => {
  await kubelet.follow();
  await create(1, { revisionHistoryLimit: 1 });
  for (const image of ['one', 'two', 'three', 'four']) {
    await setImage(image);
    await complete(image);
  }
  await until('two are left', async () => (await sets()).length === 2);
  const revisions = (await sets()).map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision']);
  expect(revisions.sort()).toEqual(['3', '4']);
});

test('a paused rollout goes on when it is resumed, and scales meanwhile', async () => {
  await kubelet.follow();
  await create(2);
  await complete('one');
  await patch({ paused: true });
  await until('it says so', async () => (await condition('Progressing'))?.reason === 'DeploymentPaused');
  expect(await condition('Progressing')).toMatchObject({ status: 'Unknown', message: 'Deployment is paused' });
  await setImage('two');
  await patch({ replicas: 3 });
  await until('3 old ones', async () => (await setOf('one'))?.status?.availableReplicas === 3);
  expect(await setOf('two')).toBeUndefined();
  await patch({ paused: false });
  await complete('two');
});

test('progressDeadlineSeconds: a rollout that stands still says so, and recovers', async () => {
  await kubelet.follow();
  await create(2, { progressDeadlineSeconds: 1 });
  await complete('one');
  await setImage('broken');
  await until('it is late', async () => (await condition('Progressing'))?.status === 'False');
  expect(await condition('Progressing')).toMatchObject({
    reason: 'ProgressDeadlineExceeded',
    message: `ReplicaSet "${(await setOf('broken'))!.metadata.name}" has timed out progressing.`,
  });
  expect((await condition('Available'))?.status).toBe('True');
  await setImage('two');
  await complete('two');
});

test('a failure of the ReplicaSet is the Deployment’s', async () => {
  await client.resource(ResourceQuota).create({ metadata: { namespace, name: 'none' }, spec: { hard: { pods: '0' } } });
  const status = { hard: { pods: '0' }, used: { pods: '0' } };
  await client
    .resource(ResourceQuota)
    .patch({ namespace, name: 'none' }, 'merge', { status }, { subresource: 'status' });
  await create(1);
  const failure = await until('it says so', async () => condition('ReplicaFailure'));
  expect(failure).toMatchObject({
    status: 'True',
    reason: 'FailedCreate',
    message: expect.stringContaining('exceeded quota'),
  });
});

test('Deployment test Deployment ReplicaSet orphaning and adoption regarding controllerRef', async () => {
  await kubelet.follow();
  await create(1);
  await complete('one');
  const set = (await setOf('one'))!;
  await client.resource(ReplicaSet).patch(set.metadata, 'merge', { metadata: { ownerReferences: null } });
  const { uid } = (await get()).metadata;
  await until('adoption', async () => controllerOf((await setOf('one'))!)?.uid === uid);
  expect((await sets()).length).toBe(1);
});

test('a ReplicaSet of the same name that is another’s counts as a collision', async () => {
  await create(1);
  const mine = await until('a ReplicaSet', async () => (await sets())[0]);
  await manager.stop();
  await client.resource(Deployment).delete({ namespace, name }, { propagationPolicy: 'Orphan' });
  await client.resource(ReplicaSet).delete(mine.metadata, { propagationPolicy: 'Background' });
  const { containers } = mine.spec!.template!.spec!;
  const other = { labels: { app: 'other' } };
  const spec = { selector: { matchLabels: other.labels }, template: { metadata: other, spec: { containers } } };
  await client.resource(ReplicaSet).create({ metadata: { namespace, name: mine.metadata.name }, spec });
  await until('the Deployment has gone', async () => {
    const left = (await client.resource(Deployment).list({ namespace })).items;
    for (const { metadata } of left)
      await client.resource(Deployment).patch(metadata, 'merge', { metadata: { finalizers: null } });
    return left.length === 0;
  });
  await create(1);
  manager = await startControllers(cluster, [deployment]);
  await until('another name', async () => (await sets()).length === 2);
  expect((await get()).status?.collisionCount).toBe(1);
});

test('the annotation of old rolls back', async () => {
  await kubelet.follow();
  await create(1);
  await complete('one');
  const first = (await setOf('one'))!;
  await setImage('two');
  await complete('two');
  const annotations = { 'deprecated.deployment.rollback.to': '0' };
  await client.resource(Deployment).patch({ namespace, name }, 'merge', { metadata: { annotations } });
  await complete('one');
  expect(equalIgnoringHash((await get()).spec?.template, first.spec?.template)).toBe(true);
  expect((await get()).metadata.annotations).not.toHaveProperty('deprecated.deployment.rollback.to');
  await until('an event', async () =>
    (await events('DeploymentRollback')).includes('Rolled back deployment "web" to revision 1'),
  );
});

test('a manager that is stopped in the middle of a rollout is continued by the next one', async () => {
  await kubelet.follow();
  await create(8);
  await complete('one');
  await setImage('two');
  await until('it is under way', async () => (await pods()).some((pod) => imageOf(pod) === 'two'));
  await manager.stop();
  manager = await startControllers(cluster, [deployment, replicaSet]);
  await complete('two');
  expect((await sets()).length).toBe(2);
});
