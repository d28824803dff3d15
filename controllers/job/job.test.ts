// The job controller at work on a real server; Pods are moved by hand, as their node would.
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CoreEvent, Job, Pod } from '../../client/kinds.ts';
import { until } from '../../conformance/support/until.ts';
import { garbageCollector } from '../garbage-collector/garbage-collector.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { Kubelet } from '../testing/kubelet.ts';
import { newNamespace } from '../testing/namespaces.ts';
import { ttlAfterFinished } from '../ttl-after-finished/ttl-after-finished.ts';
import { trueCondition } from './conditions.ts';
import { job as controller } from './job.ts';

jest.setTimeout(90_000);

type JobSpec = NonNullable<Job['spec']>;

describe('the job controller', () => {
  let cluster: ControllersCluster;
  let kubelet: Kubelet;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startControllersCluster([controller, garbageCollector, ttlAfterFinished]);
    kubelet = new Kubelet(cluster.client);
    namespace = await newNamespace(cluster.client);
  });

  afterEach(() => kubelet.stop());
  afterAll(() => cluster.stop());

  const jobs = () => cluster.client.resource(Job);
  const get = (name: string) => jobs().get({ namespace, name });
  const create = (name: string, spec: Partial<JobSpec>, podSpec: object = {}) =>
    jobs().create({
      metadata: { namespace, name },
      spec: {
        ...spec,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }], ...podSpec } },
      } as JobSpec,
    });
  const podsOf = async (name: string): Promise<Pod[]> =>
    (await cluster.client.resource(Pod).list({ namespace, labelSelector: `job-name=${name}` })).items;
  const running = (name: string, count: number) =>
    until(`${count} running pods of ${name}`, async () => {
      const active = (await podsOf(name)).filter(
        ({ metadata, status }) => status?.phase === 'Pending' && metadata.deletionTimestamp === undefined,
      );
      return active.length === count ? active : undefined;
    });
  const finished = (name: string, type: string) =>
    until(`${name} to be ${type}`, async () => {
      const job = await get(name);
      return trueCondition(job.status, type) === undefined ? undefined : job;
    });
  const eventsOf = async (name: string) =>
    (await cluster.client.resource(CoreEvent).list({ namespace })).items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);
  const fail = (pod: Pod, exitCode: number) =>
    cluster.client.resource(Pod).patch(
      pod.metadata,
      'strategic',
      {
        status: {
          phase: 'Failed',
          containerStatuses: [
            {
              name: 'c',
              image: 'i',
              imageID: '',
              ready: false,
              restartCount: 0,
              state: { terminated: { exitCode, finishedAt: '2020-01-01T00:00:00Z' } },
            },
          ],
        },
      },
      { subresource: 'status' },
    );

  test('Job should run a job to completion when tasks succeed', async () => {
    await create('complete', { completions: 3, parallelism: 2 });
    for (const pod of await running('complete', 2)) await kubelet.succeed(pod.metadata);
    for (const pod of await running('complete', 1)) await kubelet.succeed(pod.metadata);
    const { status } = await finished('complete', 'Complete');
    expect(status).toMatchObject({ succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect(status?.completionTime).toBeDefined();
    expect(status?.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'SuccessCriteriaMet CompletionsReached',
      'Complete CompletionsReached',
    ]);
    for (const pod of await podsOf('complete')) expect(pod.metadata.finalizers).toBeUndefined();
    const events = await until('events', async () => {
      const found = await eventsOf('complete');
      return found.includes('Completed: Job completed') ? found : undefined;
    });
    expect(events.filter((event) => event.startsWith('SuccessfulCreate: Created pod: complete-'))).toHaveLength(3);
  });

  test('Job should create pods for an Indexed job with completion indexes and specified hostname', async () => {
    await create('indexed', { completions: 3, parallelism: 3, completionMode: 'Indexed' });
    const pods = await running('indexed', 3);
    const index = 'batch.kubernetes.io/job-completion-index';
    expect(pods.map(({ metadata }) => metadata.annotations?.[index]).sort()).toEqual(['0', '1', '2']);
    for (const { metadata, spec } of pods) {
      const number = metadata.labels?.[index];
      expect(metadata.name.startsWith(`indexed-${number}-`)).toBe(true);
      expect(spec?.hostname).toBe(`indexed-${number}`);
      expect(spec?.containers[0]?.env).toEqual([
        {
          name: 'JOB_COMPLETION_INDEX',
          valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${index}']` } },
        },
      ]);
    }
    for (const { metadata } of pods) await kubelet.succeed(metadata);
    expect((await finished('indexed', 'Complete')).status?.completedIndexes).toBe('0-2');
  });

  test('Job should fail when exceeds active deadline', async () => {
    await create('deadline', { completions: 1, activeDeadlineSeconds: 1 });
    await running('deadline', 1);
    const { status } = await finished('deadline', 'Failed');
    expect(trueCondition(status, 'Failed')).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    });
    expect(status?.failed).toBe(1);
    expect(await podsOf('deadline')).toEqual([]);
  });

  test('Job should fail to exceed backoffLimit', async () => {
    await create('backoff', { backoffLimit: 0 });
    for (const pod of await running('backoff', 1)) await fail(pod, 1);
    const { status } = await finished('backoff', 'Failed');
    expect(trueCondition(status, 'FailureTarget')?.reason).toBe('BackoffLimitExceeded');
    expect(trueCondition(status, 'Failed')?.message).toBe('Job has reached the specified backoff limit');
    expect(status?.failed).toBe(1);
  });

  test('Job should allow to use a pod failure policy to ignore failure matching on exit code', async () => {
    const podFailurePolicy = {
      rules: [
        { action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } },
        { action: 'FailJob', onExitCodes: { operator: 'In', values: [43] } },
      ],
    };
    await create('policy', { backoffLimit: 0, podFailurePolicy });
    const [first] = await running('policy', 1);
    await fail(first!, 42);
    const [second] = await until('another pod', async () => {
      const pods = await podsOf('policy');
      return pods.length === 2 ? pods.filter(({ status }) => status?.phase === 'Pending') : undefined;
    });
    expect((await get('policy')).status?.failed ?? 0).toBe(0);
    await fail(second!, 43);
    const { status } = await finished('policy', 'Failed');
    const name = second!.metadata.name;
    expect(trueCondition(status, 'Failed')).toMatchObject({
      reason: 'PodFailurePolicy',
      message: `Container c for pod ${namespace}/${name} failed with exit code 43 matching FailJob rule at index 1`,
    });
  });

  test('Job should execute all indexes despite some failing when using backoffLimitPerIndex', async () => {
    await create('per-index', {
      completions: 2,
      parallelism: 2,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 1,
    });
    const byIndex = (pods: Pod[], index: string) =>
      pods.find(({ metadata }) => metadata.labels?.['batch.kubernetes.io/job-completion-index'] === index)!;
    const pods = await running('per-index', 2);
    await kubelet.succeed(byIndex(pods, '1').metadata);
    await fail(byIndex(pods, '0'), 1);
    const again = await until('index 0 again', async () => {
      const found = (await podsOf('per-index')).filter(({ status }) => status?.phase === 'Pending');
      return found.length === 1 ? found[0] : undefined;
    });
    expect(again.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count']).toBe('1');
    await fail(again, 1);
    const { status } = await finished('per-index', 'Failed');
    expect(status).toMatchObject({ completedIndexes: '1', failedIndexes: '0', succeeded: 1, failed: 2 });
    expect(trueCondition(status, 'Failed')?.reason).toBe('FailedIndexes');
  });

  test('Job with successPolicy should succeeded when all indexes succeeded', async () => {
    await create('policy-met', {
      completions: 3,
      parallelism: 3,
      completionMode: 'Indexed',
      successPolicy: { rules: [{ succeededIndexes: '0' }] },
    });
    const pods = await running('policy-met', 3);
    await kubelet.succeed(pods.find(({ spec }) => spec?.hostname === 'policy-met-0')!.metadata);
    const { status } = await finished('policy-met', 'Complete');
    expect(status).toMatchObject({ succeeded: 1, completedIndexes: '0' });
    expect(trueCondition(status, 'Complete')).toMatchObject({
      reason: 'SuccessPolicy',
      message: 'Matched rules at index 0',
    });
  });

  test('Job should not create pods when created in suspend state, and delete pods when suspended', async () => {
    const { metadata } = await create('suspended', { suspend: true, parallelism: 2, completions: 2 });
    const suspended = async () => trueCondition((await get('suspended')).status, 'Suspended') !== undefined;
    await until('the condition', suspended);
    expect(await podsOf('suspended')).toEqual([]);
    await jobs().patch(metadata, 'merge', { spec: { suspend: false } });
    await running('suspended', 2);
    expect((await get('suspended')).status?.startTime).toBeDefined();
    await jobs().patch(metadata, 'merge', { spec: { suspend: true } });
    await running('suspended', 0);
    await until('the condition again', suspended);
    const { status } = await get('suspended');
    expect(status?.failed ?? 0).toBe(0);
    const events = await until('three events', async () => {
      const found = (await eventsOf('suspended')).filter((event) => /^(Suspended|Resumed)/.test(event));
      return found.length >= 2 ? found : undefined;
    });
    expect(events).toEqual(expect.arrayContaining(['Suspended: Job suspended', 'Resumed: Job resumed']));
  });

  test('Job should adopt matching orphans and release non-matching pods', async () => {
    await create('adopting', { parallelism: 1, completions: 1 });
    const [pod] = await running('adopting', 1);
    const key = pod!.metadata;
    const pods = cluster.client.resource(Pod);
    await pods.patch(key, 'merge', { metadata: { ownerReferences: null } });
    await until('adoption', async () => (await pods.get(key)).metadata.ownerReferences?.[0]?.name === 'adopting');
    await pods.patch(key, 'merge', { metadata: { labels: null } });
    await until('release', async () => (await pods.get(key)).metadata.ownerReferences === undefined);
    expect((await pods.get(key)).metadata.finalizers).toBeUndefined();
  });

  test('Job should delete a job', async () => {
    const { metadata } = await create('deleted', { parallelism: 2, completions: 2 });
    await running('deleted', 2);
    await jobs().delete(metadata, { propagationPolicy: 'Foreground' });
    await until('everything to go', async () => {
      const left = await jobs().list({ namespace, fieldSelector: 'metadata.name=deleted' });
      return left.items.length === 0 && (await podsOf('deleted')).length === 0;
    });
  });

  test('Job should remove pods when finished and its TTL is over', async () => {
    await create('short-lived', { completions: 1, ttlSecondsAfterFinished: 0 });
    for (const pod of await running('short-lived', 1)) await kubelet.succeed(pod.metadata);
    await until('the job and its pods to go', async () => {
      const { items } = await jobs().list({ namespace, fieldSelector: 'metadata.name=short-lived' });
      return items.length === 0 && (await podsOf('short-lived')).length === 0;
    });
  });

  test('Job should not be managed when managedBy names another controller', async () => {
    const { metadata } = await create('foreign', { managedBy: 'example.com/other', completions: 1 });
    await create('own', { completions: 1 });
    await running('own', 1);
    expect(await podsOf('foreign')).toEqual([]);
    expect((await jobs().get(metadata)).status).toEqual({});
  });
});

test('a job of 200 completions counts each pod once, although its controller is stopped again and again', async () => {
  const cluster = await startControllersCluster([controller]);
  const namespace = await newNamespace(cluster.client);
  const kubelet = new Kubelet(cluster.client);
  const pods = cluster.client.resource(Pod);
  let manager = cluster.manager;
  try {
    await cluster.client.resource(Job).create({
      metadata: { namespace, name: 'counted' },
      spec: {
        completions: 200,
        parallelism: 100,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } },
      } as JobSpec,
    });
    const done = async () => {
      const { status } = await cluster.client.resource(Job).get({ namespace, name: 'counted' });
      return trueCondition(status, 'Complete') === undefined ? undefined : status;
    };
    let rounds = 0;
    const status = await until(
      'the job to be complete',
      async () => {
        const { items } = await pods.list({ namespace });
        const pending = items.filter(({ status }) => status?.phase === 'Pending');
        await Promise.all(pending.slice(0, 40).map(({ metadata }) => kubelet.succeed(metadata)));
        // In the middle of counting, wherever that is.
        if (pending.length > 0 && rounds++ < 8) {
          await manager.stop();
          manager = await cluster.startManager();
        }
        return done();
      },
      80,
    );
    expect(status).toMatchObject({ succeeded: 200, uncountedTerminatedPods: {} });
    expect((await pods.list({ namespace })).items).toHaveLength(200);
  } finally {
    await cluster.stop();
  }
});
