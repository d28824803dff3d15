// Scheduling over the wire, as upstream's user: what pods, events and conditions show.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { inProcessSchedulerClient } from '../cli/in-process-scheduler.ts';
import { Event, PersistentVolume, PersistentVolumeClaim, Pod, PriorityClass, StorageClass } from '../client/kinds.ts';
import { silentLog } from '../client/testing/clients.ts';
import { until } from '../conformance/support/until.ts';
import { type Cluster, startCluster } from '../testing/index.ts';
import { SchedulerComponent } from './component.ts';
import { schedulerConfiguration } from './config/load.ts';
import { Status } from './framework/status.ts';
import { Scheduling } from './testing/scheduling.ts';

// The first cluster prepares a database, which takes its time on a busy machine.
jest.setTimeout(60_000);

let cluster: Cluster;
let scheduling: Scheduling;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  scheduling = new Scheduling(cluster);
});
afterEach(async () => {
  await scheduling.stop();
  await cluster.reset();
});
afterAll(async () => {
  await scheduling.close();
  await cluster.stop();
});

const events = (name: string) =>
  scheduling.admin
    .resource(Event)
    .list({ namespace: 'default' })
    .then(({ items }) => items.filter(({ regarding }) => regarding?.name === name));
const event = (name: string, reason: string) =>
  until(`event ${reason} of ${name}`, async () => (await events(name)).find((each) => each.reason === reason), 20);
const priorityClass = (name: string, value: number) =>
  scheduling.admin.resource(PriorityClass).create({ metadata: { name }, value } as never);

test('[sig-scheduling] SchedulerPredicates validates resource limits of pods that are allowed to run [Conformance] [Serial]', async () => {
  await scheduling.node('n1', { allocatable: { cpu: '1' } });
  await scheduling.start();
  await scheduling.pod('filler', { requests: { cpu: '700m' } });
  expect(await scheduling.scheduled('filler')).toBe('n1');
  await scheduling.pod('additional', { requests: { cpu: '400m' } });
  const message =
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
  expect(await scheduling.unschedulable('additional')).toBe(message);
  expect(await event('filler', 'Scheduled')).toMatchObject({
    note: 'Successfully assigned default/filler to n1',
    type: 'Normal',
    action: 'Binding',
    reportingController: 'default-scheduler',
  });
  expect(await event('additional', 'FailedScheduling')).toMatchObject({
    note: message,
    type: 'Warning',
    action: 'Scheduling',
  });
  // Room is made: the pod comes back by itself.
  await scheduling.admin.resource(Pod).delete({ namespace: 'default', name: 'filler' }, { gracePeriodSeconds: 0 });
  expect(await scheduling.scheduled('additional')).toBe('n1');
});

test('[sig-scheduling] SchedulerPredicates validates that NodeSelector is respected if not matching [Conformance] [Serial]', async () => {
  await scheduling.node('n1');
  await scheduling.node('n2', { unschedulable: true });
  await scheduling.start();
  await scheduling.pod('restricted', { spec: { nodeSelector: { label: 'nonempty' } } });
  expect(await scheduling.unschedulable('restricted')).toBe(
    "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  );
});

test('[sig-scheduling] SchedulerPredicates validates that NodeSelector is respected if matching [Conformance] [Serial]', async () => {
  await scheduling.node('n1');
  await scheduling.node('n2', { labels: { 'kubernetes.io/e2e': '42' } });
  await scheduling.start();
  await scheduling.pod('with-labels', { spec: { nodeSelector: { 'kubernetes.io/e2e': '42' } } });
  expect(await scheduling.scheduled('with-labels')).toBe('n2');
});

test('[sig-scheduling] SchedulerPredicates validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP [Conformance] [Serial]', async () => {
  await scheduling.node('n1');
  await scheduling.start();
  const port = (hostIP?: string) => ({
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [{ containerPort: 80, hostPort: 54322, protocol: 'TCP', ...(hostIP ? { hostIP } : {}) }],
      },
    ],
  });
  await scheduling.pod('pod4', { spec: port() });
  expect(await scheduling.scheduled('pod4')).toBe('n1');
  await scheduling.pod('pod5', { spec: port('127.0.0.1') });
  expect(await scheduling.unschedulable('pod5')).toContain(
    "1 node(s) didn't have free ports for the requested pod ports",
  );
});

describe('preemption', () => {
  /** What the victim's kubelet does. */
  const reap = (name: string) =>
    until(`${name} to be asked to go`, async () => {
      const { metadata } = await scheduling.get(name);
      if (metadata.deletionTimestamp === undefined) return false;
      return scheduling.admin.resource(Pod).delete({ namespace: 'default', name }, { gracePeriodSeconds: 0 });
    });
  const fill = async (priorityClassName: string, ...names: string[]) => {
    for (const name of names) await scheduling.pod(name, { requests: { cpu: '1' }, spec: { priorityClassName } });
    for (const name of names) await scheduling.scheduled(name);
  };

  test('[sig-scheduling] SchedulerPreemption validates basic preemption works [Conformance] [Serial]', async () => {
    await priorityClass('low', 1);
    await priorityClass('medium', 100);
    await priorityClass('high', 1000);
    await scheduling.node('n1', { allocatable: { cpu: '2' } });
    await scheduling.start();
    await fill('low', 'a');
    await fill('medium', 'b');
    await scheduling.pod('preemptor', { requests: { cpu: '1' }, spec: { priorityClassName: 'high' } });
    await reap('a');
    expect(await scheduling.scheduled('preemptor')).toBe('n1');
    await expect(scheduling.get('a')).rejects.toMatchObject({ reason: 'NotFound' });
    expect((await scheduling.get('b')).spec?.nodeName).toBe('n1');
    const { uid } = (await scheduling.get('preemptor')).metadata;
    expect(await event('a', 'Preempted')).toMatchObject({
      note: `Preempted by pod ${uid} on node n1`,
      action: 'Preempting',
      related: { name: 'preemptor' },
    });
  });

  test('[sig-scheduling] SchedulerPreemption validates lower priority pod preemption by critical pod [Conformance] [Serial]', async () => {
    await priorityClass('low', 1);
    await scheduling.node('n1', { allocatable: { cpu: '1' } });
    await scheduling.start();
    await fill('low', 'victim');
    await scheduling.pod('critical', {
      namespace: 'kube-system',
      requests: { cpu: '1' },
      spec: { priorityClassName: 'system-cluster-critical' },
    });
    await reap('victim');
    expect(await scheduling.scheduled('critical', 'kube-system')).toBe('n1');
  });

  test('[sig-scheduling] SchedulerPreemption validates pod disruption condition is added to the preempted pod [Conformance] [Serial]', async () => {
    await priorityClass('low', 1);
    await priorityClass('high', 1000);
    await scheduling.node('n1', { allocatable: { cpu: '1' } });
    await scheduling.start();
    await scheduling.pod('victim', {
      requests: { cpu: '1' },
      metadata: { finalizers: ['example.com/hold'] },
      spec: { priorityClassName: 'low' },
    });
    await scheduling.scheduled('victim');
    await scheduling.pod('preemptor', { requests: { cpu: '1' }, spec: { priorityClassName: 'high' } });
    const condition = await until('the condition', async () => {
      const victim = await scheduling.get('victim');
      return (
        victim.metadata.deletionTimestamp && victim.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
      );
    });
    expect(condition).toMatchObject({
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    });
    const waiting = await until('the nomination', async () => {
      const preemptor = await scheduling.get('preemptor');
      return preemptor.status?.nominatedNodeName === 'n1' && preemptor;
    });
    expect(waiting.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message).toBe(
      '0/1 nodes are available: 1 Insufficient cpu.',
    );
    // Somebody less important does not take the place meanwhile.
    await scheduling.pod('hopeful', { requests: { cpu: '1' }, spec: { priorityClassName: 'low' } });
    await scheduling.unschedulable('hopeful');
    await scheduling.admin
      .resource(Pod)
      .patch({ namespace: 'default', name: 'victim' }, 'merge', { metadata: { finalizers: null } });
    await reap('victim');
    expect(await scheduling.scheduled('preemptor')).toBe('n1');
    expect((await scheduling.get('hopeful')).spec?.nodeName).toBeUndefined();
  });

  test('a pod that may not preempt does not', async () => {
    await priorityClass('low', 1);
    await scheduling.admin
      .resource(PriorityClass)
      .create({ metadata: { name: 'patient' }, value: 1000, preemptionPolicy: 'Never' } as never);
    await scheduling.node('n1', { allocatable: { cpu: '1' } });
    await scheduling.start();
    await fill('low', 'a');
    await scheduling.pod('p', { requests: { cpu: '1' }, spec: { priorityClassName: 'patient' } });
    expect(await scheduling.unschedulable('p')).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
    );
  });
});

test('no nodes at all, then one', async () => {
  await scheduling.start();
  await scheduling.pod('p');
  expect(await scheduling.unschedulable('p')).toBe('no nodes available to schedule pods');
  await scheduling.node('n1');
  expect(await scheduling.scheduled('p')).toBe('n1');
});

test('a gated pod waits for its gates, and is not said to be unschedulable', async () => {
  await scheduling.node('n1');
  const scheduler = await scheduling.start();
  await scheduling.pod('gated', { spec: { schedulingGates: [{ name: 'example.com/foo' }] } });
  await until('the queue to have it', () => scheduler.queue.counts.unschedulable === 1);
  const condition = (await scheduling.get('gated')).status?.conditions?.find(({ type }) => type === 'PodScheduled');
  expect(condition).toMatchObject({ reason: 'SchedulingGated' });
  await scheduling.admin
    .resource(Pod)
    .patch({ namespace: 'default', name: 'gated' }, 'merge', { spec: { schedulingGates: null } });
  expect(await scheduling.scheduled('gated')).toBe('n1');
});

test('several profiles; pods of another scheduler are left alone', async () => {
  await scheduling.node('n1');
  const profiles = [
    { schedulerName: 'default-scheduler' },
    { schedulerName: 'packing', plugins: { score: { disabled: [{ name: '*' }] } } },
  ];
  await scheduling.start({ profiles });
  await scheduling.pod('foreign', { spec: { schedulerName: 'somebody-else' } });
  await scheduling.pod('packed', { spec: { schedulerName: 'packing' } });
  await scheduling.pod('plain');
  expect([await scheduling.scheduled('packed'), await scheduling.scheduled('plain')]).toEqual(['n1', 'n1']);
  expect(await event('packed', 'Scheduled')).toMatchObject({ reportingController: 'packing' });
  expect((await scheduling.get('foreign')).spec?.nodeName).toBeUndefined();
  // A second scheduler, of that name, works beside the first.
  await scheduling.start({ profiles: [{ schedulerName: 'somebody-else' }] });
  expect(await scheduling.scheduled('foreign')).toBe('n1');
});

test('a plugin makes a pod wait, and lets it go', async () => {
  await scheduling.node('n1');
  const plugins = {
    Waiter: () => ({ name: 'Waiter', permit: () => ({ status: new Status('Wait', 'Waiter'), timeoutMs: 60_000 }) }),
  };
  const profiles = [{ plugins: { permit: { enabled: [{ name: 'Waiter' }] } } }];
  const scheduler = await scheduling.start({ profiles }, { plugins });
  const { metadata } = await scheduling.pod('p');
  const waiting = await until('the pod to wait', () => scheduler.waitingPod(metadata.uid));
  expect((await scheduling.get('p')).spec?.nodeName).toBeUndefined();
  waiting.allow('Waiter');
  expect(await scheduling.scheduled('p')).toBe('n1');
});

test('volumes wait for their first consumer: the node is said to the claim, then the pod is bound', async () => {
  await scheduling.node('n1', { labels: { zone: 'a' } });
  await scheduling.node('n2', { labels: { zone: 'b' } });
  await scheduling.start();
  const { admin } = scheduling;
  await admin.resource(StorageClass).create({
    metadata: { name: 'local' },
    provisioner: 'example.com/local',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['b'] }] }],
  } as never);
  const claims = admin.resource(PersistentVolumeClaim);
  const key = { namespace: 'default', name: 'data' };
  const spec = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
  await scheduling.pod('p', { spec });
  expect(await scheduling.unschedulable('p')).toBe(
    '0/2 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
  );
  await claims.create({
    metadata: key,
    spec: { storageClassName: 'local', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  } as never);
  const claim = await until('the node to be selected', async () => {
    const found = await claims.get(key);
    return found.metadata.annotations?.['volume.kubernetes.io/selected-node'] === 'n2' && found;
  });
  expect((await scheduling.get('p')).spec?.nodeName).toBeUndefined();
  // What the provisioner and the volume controller do.
  const claimRef = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    namespace: 'default',
    name: 'data',
    uid: claim.metadata.uid,
  };
  await admin.resource(PersistentVolume).create({
    metadata: { name: 'pv' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      claimRef,
      hostPath: { path: '/x' },
    },
  } as never);
  const annotations = { ...claim.metadata.annotations, 'pv.kubernetes.io/bind-completed': 'yes' };
  await claims.update({
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: { ...claim.spec!, volumeName: 'pv' },
  });
  expect(await scheduling.scheduled('p')).toBe('n2');
});

test('an extender filters, scores and binds', async () => {
  const calls: string[] = [];
  const extender = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const verb = request.url!.split('/').at(-1)!;
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        NodeNames?: string[];
        Node?: string;
        PodName?: string;
      };
      calls.push(verb);
      const bind = async () => {
        const target = {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name: body.PodName!, namespace: 'default' },
          target: { kind: 'Node', name: body.Node! },
        };
        await scheduling.admin
          .resource(Pod)
          .createSubresource({ namespace: 'default', name: body.PodName! }, 'binding', target);
        return {};
      };
      const answers: Record<string, () => object | Promise<object>> = {
        filter: () => ({
          NodeNames: body.NodeNames!.filter((name) => name !== 'n1'),
          FailedNodes: { n1: 'n1 is not wanted' },
        }),
        prioritize: () => body.NodeNames!.map((Host) => ({ Host, Score: Host === 'n3' ? 10 : 0 })),
        bind,
      };
      void Promise.resolve(answers[verb]!()).then((answer) => response.end(JSON.stringify(answer)));
    });
  });
  await new Promise<void>((resolve) => extender.listen(0, '127.0.0.1', resolve));
  try {
    const urlPrefix = `http://127.0.0.1:${(extender.address() as AddressInfo).port}/scheduler`;
    for (const name of ['n1', 'n2', 'n3']) await scheduling.node(name);
    await scheduling.start({
      extenders: [
        {
          urlPrefix,
          filterVerb: 'filter',
          prioritizeVerb: 'prioritize',
          bindVerb: 'bind',
          weight: 10,
          nodeCacheCapable: true,
        },
      ],
    });
    await scheduling.pod('p');
    expect(await scheduling.scheduled('p')).toBe('n3');
    expect(calls).toEqual(['filter', 'prioritize', 'bind']);
  } finally {
    extender.closeAllConnections();
    await new Promise((resolve) => extender.close(resolve));
  }
});

test('500 pods over 50 nodes, schedulers stopped and started meanwhile: each is bound once, no node has too many', async () => {
  await Promise.all(Array.from({ length: 50 }, (_, i) => scheduling.node(`n${i}`, { allocatable: { cpu: '1' } })));
  const pods = 500;
  const making = Promise.all(
    Array.from({ length: pods }, (_, i) => scheduling.pod(`p${i}`, { requests: { cpu: '100m' } })),
  );
  const bound = async () =>
    (await scheduling.admin.resource(Pod).list({ namespace: 'default' })).items.filter(({ spec }) => spec?.nodeName);
  for (let round = 1; round <= 5; round++) {
    const scheduler = await scheduling.start();
    await until('some pods to be bound', async () => (await bound()).length >= Math.min(pods, round * 40), 30);
    await scheduler.stop();
  }
  await making;
  await scheduling.start();
  // Two that both schedule: whoever binds first has the pod.
  await scheduling.start();
  const all = await until('all pods to be bound', async () => {
    const found = await bound();
    return found.length === pods && found;
  });
  const perNode = new Map<string, number>();
  for (const { spec } of all) perNode.set(spec!.nodeName!, (perNode.get(spec!.nodeName!) ?? 0) + 1);
  expect(new Set(all.map(({ metadata }) => metadata.uid)).size).toBe(pods);
  expect([...perNode.values()].reduce((sum, count) => sum + count, 0)).toBe(pods);
});

test('of two one leads; the other takes over when it goes', async () => {
  await scheduling.node('n1');
  const leaderElection = { leaseDuration: '3s', renewDeadline: '2s', retryPeriod: '500ms' };
  const component = () =>
    new SchedulerComponent({
      configuration: schedulerConfiguration({ leaderElection }),
      client: inProcessSchedulerClient(cluster.server),
      log: silentLog,
    });
  const [first, second] = [component(), component()];
  try {
    first.start();
    expect(await first.settled()).toBe('running');
    second.start();
    expect(await second.settled()).toBe('standby');
    await scheduling.pod('a');
    expect(await scheduling.scheduled('a')).toBe('n1');
    expect([first.state, second.state]).toEqual(['running', 'standby']);
    await first.stop();
    await until('the other to lead', () => second.state === 'running');
    await scheduling.pod('b');
    expect(await scheduling.scheduled('b')).toBe('n1');
  } finally {
    await Promise.all([first.stop(), second.stop()]);
  }
});
