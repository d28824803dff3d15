// The disruption controller at work on a real server, with the eviction that honours it.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { timestamp } from '../../client/clock.ts';
import { hasReason } from '../../client/errors.ts';
import { CoreEvent, Pod, PodDisruptionBudget, ReplicaSet } from '../../client/kinds.ts';
import { until } from '../../conformance/support/until.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { newNamespace } from '../testing/namespaces.ts';
import { setPodReady } from '../testing/objects.ts';
import { disruption, staleDisruptionInMs } from './disruption.ts';
import { budgetStatus, countHealthy, desiredHealthy, disruptedPods, failedStatus } from './status.ts';

jest.setTimeout(60_000);

const now = Date.UTC(2026, 0, 1);
const secondsAgo = (seconds: number) => timestamp(now - seconds * 1000);

describe('the status', () => {
  const budget = (spec: object, status: object = {}) =>
    ({ metadata: { generation: 2, name: 'b', namespace: 'ns' }, spec, status }) as unknown as PodDisruptionBudget;
  const pod = (name: string, ready: boolean, metadata: object = {}) =>
    ({
      metadata: { name, ...metadata },
      status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    }) as unknown as Pod;

  test.each([
    [{ minAvailable: 2 }, 5, 2],
    [{ minAvailable: '50%' }, 5, 3],
    [{ maxUnavailable: 2 }, 5, 3],
    [{ maxUnavailable: '30%' }, 5, 3],
    [{ maxUnavailable: 9 }, 5, 0],
    [{}, 5, 0],
  ])('%j of %d wants %d', (spec, expected, desired) => expect(desiredHealthy(budget(spec), expected)).toBe(desired));

  test('evicted pods do not count as healthy until they are late', () => {
    const known = { disruptedPods: { fresh: secondsAgo(10), late: secondsAgo(200), going: secondsAgo(10) } };
    const pods = [
      pod('fresh', true),
      pod('late', true),
      pod('going', true, { deletionTimestamp: secondsAgo(1) }),
      pod('ready', true),
      pod('unready', false),
    ];
    const found = disruptedPods(pods, budget({}, known), now);
    expect(found).toMatchObject({ remaining: { fresh: secondsAgo(10) }, recheckMs: now + 110_000 });
    expect(found.late.map(({ metadata }) => metadata.name)).toEqual(['late']);
    expect(countHealthy(pods, found.remaining, now)).toBe(2);
  });

  test('is written only when it changes', () => {
    const counts = { currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptedPods: {} };
    const status = budgetStatus(budget({}), counts, now)!;
    expect(status).toMatchObject({ disruptionsAllowed: 1, observedGeneration: 2 });
    expect(status.conditions).toEqual([
      {
        type: 'DisruptionAllowed',
        status: 'True',
        reason: 'SufficientPods',
        message: '',
        observedGeneration: 2,
        lastTransitionTime: timestamp(now),
      },
    ]);
    expect(budgetStatus(budget({}, status), counts, now + 5000)).toBeUndefined();
    const none = budgetStatus(budget({}, status), { ...counts, currentHealthy: 2 }, now + 5000)!;
    expect(none.conditions?.[0]).toMatchObject({ status: 'False', reason: 'InsufficientPods' });
    expect(failedStatus(budget({}, status), 'why', now)).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'SyncFailed', message: 'why' }],
    });
  });

  test.each([
    [{}, 'True', 30, 90_000],
    [{}, 'True', 300, 0],
    [{}, 'False', 300, undefined],
    [{ deletionTimestamp: secondsAgo(1) }, 'True', 300, undefined],
  ])('a disruption that does not come is stale after two minutes: %#', (metadata, status, ago, wait) => {
    const conditions = [{ type: 'DisruptionTarget', status, lastTransitionTime: secondsAgo(ago) }];
    expect(staleDisruptionInMs({ metadata, status: { conditions } } as unknown as Pod, now)).toBe(wait);
  });
});

describe('the disruption controller', () => {
  let cluster: ControllersCluster;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startControllersCluster([disruption]);
    namespace = await newNamespace(cluster.client);
  });

  afterAll(() => cluster.stop());

  const budgets = () => cluster.client.resource(PodDisruptionBudget);
  const pods = () => cluster.client.resource(Pod);
  const labels = (app: string) => ({ app });
  const create = (app: string, spec: object) =>
    budgets().create({ metadata: { namespace, name: app }, spec: { selector: { matchLabels: labels(app) }, ...spec } });
  /** Pods of a replica set, which nobody runs. */
  const replicas = async (app: string, count: number): Promise<void> => {
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    const { metadata, apiVersion, kind } = await cluster.client.resource(ReplicaSet).create({
      metadata: { namespace, name: app },
      spec: {
        replicas: count,
        selector: { matchLabels: labels(app) },
        template: { metadata: { labels: labels(app) }, spec },
      },
    });
    const owner = { apiVersion, kind, name: app, uid: metadata.uid, controller: true };
    for (let index = 0; index < count; index++) {
      const name = `${app}-${index}`;
      await pods().create({ metadata: { namespace, name, labels: labels(app), ownerReferences: [owner] }, spec });
      await setPodReady(cluster.client, { namespace, name }, true);
    }
  };
  const status = (app: string, wanted: object) =>
    until(`the status of ${app}`, async () => {
      const { status } = await budgets().get({ namespace, name: app });
      return Object.entries(wanted).every(([name, value]) => (status as never)?.[name] === value) ? status : undefined;
    });
  const evict = (name: string) =>
    pods().createSubresource({ namespace, name }, 'eviction', {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { namespace, name },
    });

  test('DisruptionController evictions: enough pods, absolute => should allow an eviction, and then refuse', async () => {
    await replicas('absolute', 3);
    await create('absolute', { minAvailable: 2 });
    await status('absolute', { currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 });
    await evict('absolute-0');
    const after = await status('absolute', { currentHealthy: 2, disruptionsAllowed: 0 });
    expect(after?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'InsufficientPods' });
    const refused = await evict('absolute-1').catch((error: unknown) => error);
    expect(hasReason(refused, 'TooManyRequests')).toBe(true);
  });

  test('DisruptionController evictions: maxUnavailable allow single eviction, percentage => should allow an eviction', async () => {
    await replicas('percentage', 4);
    await create('percentage', { maxUnavailable: '25%' });
    await status('percentage', { currentHealthy: 4, desiredHealthy: 3, expectedPods: 4, disruptionsAllowed: 1 });
    await setPodReady(cluster.client, { namespace, name: 'percentage-3' }, false);
    await status('percentage', { currentHealthy: 3, disruptionsAllowed: 0 });
  });

  test('DisruptionController should observe that the PodDisruptionBudget status is not updated for unmanaged pods', async () => {
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    await pods().create({ metadata: { namespace, name: 'alone', labels: labels('unmanaged') }, spec });
    await setPodReady(cluster.client, { namespace, name: 'alone' }, true);
    await create('unmanaged', { maxUnavailable: 1 });
    await status('unmanaged', { currentHealthy: 1, expectedPods: 0, disruptionsAllowed: 0 });
    const message = await until('the event', async () => {
      const { items } = await cluster.client.resource(CoreEvent).list({ namespace });
      return items.find(({ reason }) => reason === 'UnmanagedPods')?.message;
    });
    expect(message).toContain(
      '(selector: &LabelSelector{MatchLabels:map[string]string{app: unmanaged,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged.',
    );
  });

  test('pods of something without a scale allow nothing, and the budget says why', async () => {
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    const owner = { apiVersion: 'none.example.com/v1', kind: 'None', name: 'n', uid: 'u', controller: true };
    const metadata = { namespace, name: 'strange', labels: labels('strange'), ownerReferences: [owner] };
    await pods().create({ metadata, spec });
    await create('strange', { maxUnavailable: 1 });
    const failed = await until('the failure', async () => {
      const { status } = await budgets().get({ namespace, name: 'strange' });
      return status?.conditions?.find(({ reason }) => reason === 'SyncFailed');
    });
    expect(failed.message).toBe('no matches for kind "None" in version "none.example.com/v1"');
  });
});
