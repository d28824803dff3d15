// Daemon sets over the wire: a Pod on each node that matches, updates with and without surge, history.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from '../../client/client.ts';
import { ControllerRevision, CoreEvent, DaemonSet, Node, Pod } from '../../client/kinds.ts';
import { transports } from '../../client/testing/clients.ts';
import { until } from '../../conformance/support/until.ts';
import { type Cluster, startCluster } from '../../testing/index.ts';
import type { ControllerManager } from '../manager/manager.ts';
import { isPodReady } from '../shared/active-pods.ts';
import { controllerOf } from '../shared/controller-ref.ts';
import { Kubelet } from '../testing/kubelet.ts';
import { startControllers } from '../testing/start-controllers.ts';
import { targetNodeName } from './daemon-pods.ts';
import { daemonSet } from './daemonset.ts';

jest.setTimeout(60_000);

const namespace = 'default';
const name = 'ds';
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
  for (const node of ['a', 'b', 'c']) await addNode(node);
  manager = await startControllers(cluster, [daemonSet]);
});

afterEach(async () => {
  await manager.stop();
  await kubelet.stop();
  await cluster.stop();
});

/** New nodes are tainted as not ready. */
async function addNode(node: string): Promise<void> {
  await client.resource(Node).create({ metadata: { name: node, labels: { node } } });
  await client.resource(Node).patch({ name: node }, 'merge', { spec: { taints: null } });
}

const create = (more: object = {}, podSpec: object = {}) => {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'one' }], ...podSpec } };
  const spec = { selector: { matchLabels: labels }, template, ...more };
  return client.resource(DaemonSet).create({ metadata: { namespace, name }, spec });
};
const get = () => client.resource(DaemonSet).get({ namespace, name });
const patch = (spec: object) => client.resource(DaemonSet).patch({ namespace, name }, 'strategic', { spec });
const setImage = (image: string) => patch({ template: { spec: { containers: [{ name: 'c', image }] } } });
const taint = (node: string, effect: string) =>
  client.resource(Node).patch({ name: node }, 'merge', { spec: { taints: [{ key: 'k', value: 'v', effect }] } });
const pods = async () => (await client.resource(Pod).list({ namespace })).items;
const nodes = async () => (await pods()).map(targetNodeName).sort().join();
const revisions = async () =>
  (await client.resource(ControllerRevision).list({ namespace })).items.sort((a, b) => a.revision - b.revision);
const events = async (reason: string) =>
  (await client.resource(CoreEvent).list({ namespace })).items.filter((event) => event.reason === reason);

const complete = (image: string, count: number) =>
  until(`${count} of ${image}`, async () => {
    const { status, metadata } = await get();
    const all = await pods();
    return (
      status?.observedGeneration === metadata.generation &&
      status?.updatedNumberScheduled === count &&
      status.numberAvailable === count &&
      all.length === count &&
      all.every((pod) => imageOf(pod) === image && isPodReady(pod))
    );
  });

describe('placement', () => {
  test('Daemon set should run and stop simple daemon', async () => {
    await kubelet.follow();
    const set = await create();
    await complete('one', 3);
    expect(await nodes()).toBe('a,b,c');
    expect((await get()).status).toEqual({
      currentNumberScheduled: 3,
      desiredNumberScheduled: 3,
      numberMisscheduled: 0,
      numberReady: 3,
      numberAvailable: 3,
      updatedNumberScheduled: 3,
      observedGeneration: 1,
    });
    const [pod] = await pods();
    expect(controllerOf(pod!)).toMatchObject({ kind: 'DaemonSet', uid: set.metadata.uid });
    expect(pod!.spec?.nodeName).toBeUndefined();
    const tolerated = pod!.spec?.tolerations?.map(({ key, operator, effect }) => `${key} ${operator} ${effect}`);
    expect(tolerated).toEqual([
      'node.kubernetes.io/not-ready Exists NoExecute',
      'node.kubernetes.io/unreachable Exists NoExecute',
      'node.kubernetes.io/disk-pressure Exists NoSchedule',
      'node.kubernetes.io/memory-pressure Exists NoSchedule',
      'node.kubernetes.io/pid-pressure Exists NoSchedule',
      'node.kubernetes.io/unschedulable Exists NoSchedule',
    ]);
    expect(pod!.metadata.labels?.['controller-revision-hash']).toBe(
      (await revisions())[0]!.metadata.labels?.['controller-revision-hash'],
    );
    await client.resource(Pod).delete(pod!.metadata);
    await complete('one', 3);
    await until('events', async () => (await events('SuccessfulCreate')).length === 4);
    expect((await events('SuccessfulCreate'))[0]!.source?.component).toBe('daemonset-controller');
  });

  test('Daemon set should run and stop complex daemon: with a node selector', async () => {
    await create({}, { nodeSelector: { color: 'blue' } });
    await until('seen', async () => (await get()).status?.observedGeneration === 1);
    expect(await nodes()).toBe('');
    await client.resource(Node).patch({ name: 'b' }, 'merge', { metadata: { labels: { color: 'blue' } } });
    await until('one', async () => (await nodes()) === 'b');
    await client.resource(Node).patch({ name: 'b' }, 'merge', { metadata: { labels: { color: 'green' } } });
    await until('none', async () => (await nodes()) === '');
  });

  test('Daemon set should run and stop complex daemon with node affinity', async () => {
    const matchExpressions = [{ key: 'node', operator: 'In', values: ['a', 'c'] }];
    const required = { nodeSelectorTerms: [{ matchExpressions }] };
    await create({}, { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } });
    await until('two', async () => (await nodes()) === 'a,c');
  });

  test('nodes that come get one; those with taints only while they tolerate it', async () => {
    await create();
    await until('three', async () => (await nodes()) === 'a,b,c');
    await addNode('d');
    await until('four', async () => (await nodes()) === 'a,b,c,d');
    await taint('a', 'NoSchedule');
    await until('it is misscheduled', async () => (await get()).status?.numberMisscheduled === 1);
    expect(await nodes()).toBe('a,b,c,d');
    await taint('b', 'NoExecute');
    await until('it goes', async () => (await nodes()) === 'a,c,d');
  });

  test('Daemon set should retry creating failed daemon pods', async () => {
    await create();
    await until('three', async () => (await pods()).length === 3);
    const [failed] = await pods();
    await kubelet.fail(failed!.metadata);
    await until('another one', async () => {
      const all = await pods();
      return all.length === 3 && all.every(({ metadata }) => metadata.uid !== failed!.metadata.uid);
    });
    await until('an event', async () => (await events('FailedDaemonPod')).length === 1);
    const { metadata } = failed!;
    expect((await events('FailedDaemonPod'))[0]!.message).toBe(
      `Found failed daemon pod default/${metadata.name} on node ${targetNodeName(failed!)}, will try to kill it`,
    );
  });

  test('a Pod of which the node has gone, and that waits for it, goes', async () => {
    await create();
    await until('three', async () => (await nodes()) === 'a,b,c');
    await client.resource(Node).delete({ name: 'c' });
    await client.resource(DaemonSet).patch({ namespace, name }, 'merge', { metadata: { annotations: { seen: '1' } } });
    await until('two', async () => (await nodes()) === 'a,b');
  });
});

describe('updates', () => {
  test('Daemon set should update pod when spec was updated and update strategy is RollingUpdate', async () => {
    await kubelet.follow();
    await create();
    await complete('one', 3);
    const seen = { fewest: 3 };
    await setImage('two');
    await until('done', async () => {
      const all = await pods();
      seen.fewest = Math.min(seen.fewest, all.filter(isPodReady).length);
      return all.length === 3 && all.every((pod) => imageOf(pod) === 'two' && isPodReady(pod));
    });
    expect(seen.fewest).toBeGreaterThanOrEqual(2);
    await complete('two', 3);
    expect((await revisions()).map(({ revision }) => revision)).toEqual([1, 2]);
  });

  test('Daemon set should not update pod when spec was updated and update strategy is OnDelete', async () => {
    await kubelet.follow();
    await create({ updateStrategy: { type: 'OnDelete' } });
    await complete('one', 3);
    await setImage('two');
    await until('seen', async () => (await get()).status?.updatedNumberScheduled === undefined);
    expect((await pods()).map(imageOf)).toEqual(['one', 'one', 'one']);
    for (const { metadata } of await pods()) await client.resource(Pod).delete(metadata);
    await complete('two', 3);
  });

  test('Daemon set should rollback without unnecessary restarts', async () => {
    await kubelet.follow();
    await create();
    await complete('one', 3);
    const before = new Set((await pods()).map(({ metadata }) => metadata.uid));
    await setImage('broken');
    await until('one is broken', async () => (await pods()).some((pod) => imageOf(pod) === 'broken'));
    const kept = (await pods()).filter(({ metadata }) => before.has(metadata.uid)).map(({ metadata }) => metadata.uid);
    expect(kept.length).toBe(2);
    await setImage('one');
    await complete('one', 3);
    const after = (await pods()).map(({ metadata }) => metadata.uid);
    expect(after).toEqual(expect.arrayContaining(kept));
    expect((await revisions()).map(({ revision }) => revision)).toEqual([2, 3]);
  });

  test('Daemon set should surge pods onto nodes when spec was updated and update strategy is RollingUpdate', async () => {
    await kubelet.follow();
    await create({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    await complete('one', 3);
    const seen = { fewest: 3, most: 3 };
    await setImage('two');
    await until('done', async () => {
      const all = await pods();
      seen.fewest = Math.min(seen.fewest, all.filter(isPodReady).length);
      seen.most = Math.max(seen.most, all.length);
      return all.length === 3 && all.every((pod) => imageOf(pod) === 'two' && isPodReady(pod));
    });
    expect(seen.fewest).toBe(3);
    expect(seen.most).toBeLessThanOrEqual(4);
  });

  test('old revisions go beyond the limit', async () => {
    await kubelet.follow();
    await create({ revisionHistoryLimit: 1 });
    await complete('one', 3);
    for (const image of ['two', 'three']) {
      await setImage(image);
      await complete(image, 3);
    }
    await until('two are left', async () => (await revisions()).map(({ revision }) => revision).join() === '2,3');
  });
});

test('a manager that is stopped in the middle is continued by the next one', async () => {
  await kubelet.follow();
  await create();
  await complete('one', 3);
  await setImage('two');
  await until('it is under way', async () => (await pods()).some((pod) => imageOf(pod) === 'two'));
  await manager.stop();
  manager = await startControllers(cluster, [daemonSet]);
  await complete('two', 3);
});
