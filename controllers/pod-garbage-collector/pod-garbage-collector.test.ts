// Pods that nobody else deletes: ended ones, those of missing nodes and of nodes out of service, and those that never had one.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { isNotFound } from '../../client/errors.ts';
import { Node, Pod } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { until } from '../../conformance/support/until.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { podGarbageCollector } from './pod-garbage-collector.ts';
import { collectable } from './selection.ts';

jest.setTimeout(60_000);

const namespace = 'default';

test('evicted pods go first, then the oldest', () => {
  const pod = (name: string, creationTimestamp: string, reason?: string) =>
    ({ metadata: { name, creationTimestamp }, status: { phase: 'Failed', reason } }) as unknown as Pod;
  const pods = [
    pod('new', '2026-01-03T00:00:00Z'),
    pod('old', '2026-01-01T00:00:00Z'),
    pod('evicted', '2026-01-05T00:00:00Z', 'Evicted'),
    pod('middle', '2026-01-02T00:00:00Z'),
  ];
  const names = (threshold: number) =>
    collectable(pods, () => undefined, threshold).terminated.map(({ metadata }) => metadata.name);
  expect(names(1)).toEqual(['evicted', 'old', 'middle']);
  expect(names(3)).toEqual(['evicted']);
  expect(names(0)).toEqual([]);
});

describe('the pod garbage collector', () => {
  let clock: FakeClock;
  let cluster: ControllersCluster;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    const controllerFlags = { 'terminated-pod-gc-threshold': 1 };
    cluster = await startControllersCluster([podGarbageCollector], { clock, controllerFlags });
  });

  afterEach(async () => {
    const stopping = cluster.stop();
    await clock.advance(60_000);
    await stopping;
  });

  const pods = () => cluster.client.resource(Pod);
  const create = (name: string, spec: object = {}, metadata: object = {}) =>
    pods().create({
      metadata: { namespace, name, ...metadata },
      spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
    });
  const find = async (name: string): Promise<Pod | undefined> => {
    try {
      return await pods().get({ namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  const inTime = <T>(what: string, probe: () => Promise<T | undefined | false>) =>
    until(what, async () => {
      await clock.advance(20_000);
      return probe();
    });

  test('keeps as many ended pods as it is told', async () => {
    for (const name of ['a', 'b', 'c']) {
      await create(name);
      await pods().patch({ namespace, name }, 'merge', { status: { phase: 'Succeeded' } }, { subresource: 'status' });
    }
    await inTime('two to go', async () => (await pods().list({ namespace })).items.length === 1);
    expect(await find('c')).toBeDefined();
  });

  test('fails and deletes pods whose node is missing, in a while', async () => {
    await create('orphan', { nodeName: 'never' }, { finalizers: ['example.com/hold'] });
    await cluster.client.resource(Node).create({ metadata: { name: 'there' } });
    await create('resident', { nodeName: 'there' });
    const orphan = await inTime('the orphan to be deleted', async () => {
      const pod = await find('orphan');
      return pod?.metadata.deletionTimestamp === undefined ? undefined : pod;
    });
    expect(orphan.status?.phase).toBe('Failed');
    expect(orphan.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
    });
    expect((await find('resident'))?.metadata.deletionTimestamp).toBeUndefined();
    await pods().patch({ namespace, name: 'orphan' }, 'merge', { metadata: { finalizers: null } });
  });

  test('deletes what is stuck on a node out of service', async () => {
    const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute', value: 'nodeshutdown' }];
    await cluster.client.resource(Node).create({ metadata: { name: 'broken' }, spec: { taints } });
    await create('stuck', { nodeName: 'broken' });
    await pods().delete({ namespace, name: 'stuck' });
    expect((await find('stuck'))?.metadata.deletionTimestamp).toBeDefined();
    await inTime('the pod to go', async () => (await find('stuck')) === undefined);
  });
});
