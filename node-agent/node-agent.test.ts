// The agent with simulated nodes against a real server: nodes, their heartbeats, and pods from their binding to their end.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client as ApiClient, type Client } from '../client/client.ts';
import { CoreEvent, Lease, Node, Pod } from '../client/kinds.ts';
import { adminClient, silentLog } from '../client/testing/clients.ts';
import type { Transport, TransportRequest } from '../client/transport.ts';
import { until } from '../conformance/support/until.ts';
import { type Cluster, startCluster } from '../testing/index.ts';
import { type HollowNodesOptions, hollowNodes } from './hollow/hollow-nodes.ts';
import { NodeAgent, type NodeAgentOptions, stoppedAnnotation } from './node-agent.ts';

// The first cluster prepares a database, which takes its time on a busy machine.
jest.setTimeout(60_000);

let cluster: Cluster;
let client: Client;
let transport: Transport;
const agents: NodeAgent[] = [];
/** What agents asked for. */
const requests: string[] = [];

beforeEach(async () => {
  cluster = await startCluster({ storage: 'memory' });
  ({ client, transport } = adminClient(cluster));
});

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  await transport.close();
  await cluster.stop();
});

const prefix = 'hollow.pgplane.io/';

async function started(
  options: Partial<HollowNodesOptions> = {},
  more: Partial<NodeAgentOptions> = {},
): Promise<NodeAgent> {
  const recording: Transport = {
    close: async () => undefined,
    send(request: TransportRequest) {
      requests.push(`${request.method} ${request.path}`);
      return transport.send(request);
    },
  };
  const kubelet = new ApiClient(recording, { userAgent: 'kubelet' });
  const nodes = await hollowNodes(kubelet, { count: 1, kubeletVersion: 'v1.36.2', ...options });
  const agent = new NodeAgent(nodes, { client: kubelet, log: silentLog, ...more });
  agents.push(agent);
  await agent.start();
  return agent;
}

/** Bound to hollow-0. */
async function create(name: string, spec: object = {}, annotations: Record<string, string> = {}): Promise<Pod> {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value]));
  const containers = [{ name: 'c', image: 'registry.example/c:1' }];
  return client.resource(Pod).create({
    metadata: { name, namespace: 'default', annotations: prefixed },
    spec: { nodeName: 'hollow-0', containers, ...spec },
  } as Parameters<ReturnType<typeof client.resource<Pod>>['create']>[0]);
}

const get = (name: string) => client.resource(Pod).get({ namespace: 'default', name });

function podThat(name: string, holds: (pod: Pod) => boolean): Promise<Pod> {
  return until(`${name} to be as wanted`, async () => {
    const pod = await get(name);
    return holds(pod) && pod;
  });
}

const inPhase = (name: string, phase: string) => podThat(name, ({ status }) => status?.phase === phase);
const gone = (name: string) =>
  until(`${name} to be gone`, async () =>
    (await client.resource(Pod).list()).items.every((pod) => pod.metadata.name !== name),
  );

function conditions(pod: Pod): Record<string, string> {
  return Object.fromEntries(
    (pod.status?.conditions ?? []).map(({ type, status, reason }) => [type, reason ? `${status} ${reason}` : status]),
  );
}

async function reasons(name: string): Promise<string[]> {
  const { items } = await client.resource(CoreEvent).list({ namespace: 'default' });
  return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason }) => reason!);
}

describe('nodes', () => {
  test('are registered with ranges and addresses of their own, and have leases', async () => {
    await started({ count: 3, labels: { zone: 'a' }, capacity: { cpu: '4' } });
    const { items } = await client.resource(Node).list();
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['hollow-0', 'hollow-1', 'hollow-2']);
    expect(new Set(items.map(({ spec }) => spec?.podCIDR)).size).toBe(3);
    expect(new Set(items.map(({ status }) => status?.addresses?.[0]?.address)).size).toBe(3);
    expect(items[0]!.metadata.labels).toMatchObject({
      type: 'hollow',
      zone: 'a',
      'kubernetes.io/hostname': 'hollow-0',
    });
    expect(items[0]!.status).toMatchObject({ capacity: { cpu: '4', pods: '110' }, allocatable: { cpu: '4' } });
    const lease = await client.resource(Lease).get({ namespace: 'kube-node-lease', name: 'hollow-1' });
    expect(lease).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Node', name: 'hollow-1', uid: items[1]!.metadata.uid }] },
      spec: { holderIdentity: 'hollow-1', leaseDurationSeconds: 40 },
    });
  });

  test('renew their leases; one that is stopped by its annotation does not, until it is taken back', async () => {
    await started({ count: 2 }, { times: { leaseDurationMs: 1000 } });
    const renewed = async (name: string) =>
      (await client.resource(Lease).get({ namespace: 'kube-node-lease', name })).spec?.renewTime;
    const next = async (name: string) => {
      const before = await renewed(name);
      await until(`${name} to renew`, async () => (await renewed(name)) !== before);
    };
    await next('hollow-0');
    const annotate = (value: string | null) =>
      client
        .resource(Node)
        .patch({ name: 'hollow-0' }, 'merge', { metadata: { annotations: { [stoppedAnnotation]: value } } });
    await annotate('true');
    await until('its agent to see it', () => agents[0]!.nodes.length === 1);
    await create('late');
    const last = await renewed('hollow-0');
    await next('hollow-1');
    await next('hollow-1');
    expect(await renewed('hollow-0')).toBe(last);
    expect((await get('late')).status?.phase).toBe('Pending');
    await annotate(null);
    await next('hollow-0');
    await inPhase('late', 'Running');
  });

  test('that another process had are taken over, with their pods as they are', async () => {
    const first = await started();
    const before = await create('a').then(() => inPhase('a', 'Running'));
    await first.stop();
    const { metadata: node } = await client.resource(Node).get({ name: 'hollow-0' });
    await started();
    await create('b');
    const second = await inPhase('b', 'Running');
    const after = await get('a');
    expect((await client.resource(Node).get({ name: 'hollow-0' })).metadata.uid).toBe(node.uid);
    expect(after.status).toEqual(before.status);
    expect(second.status?.podIP).not.toBe(after.status?.podIP);
    await client.resource(Pod).delete(after.metadata);
    await gone('a');
  });
});

describe('pods', () => {
  test('run: one write of the status, and the kubelet’s events', async () => {
    await started();
    requests.length = 0;
    await create('a', {
      containers: [
        { name: 'c', image: 'registry.example/c:1', resources: { requests: { cpu: '100m' } } },
        { name: 'b', image: 'registry.example/c:1' },
      ],
    });
    const pod = await inPhase('a', 'Running');
    expect(conditions(pod)).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    });
    const { podCIDR } = (await client.resource(Node).get({ name: 'hollow-0' })).spec!;
    expect(pod.status).toMatchObject({
      observedGeneration: pod.metadata.generation,
      hostIPs: [{ ip: pod.status!.hostIP }],
      podIP: podCIDR!.replace('.0/24', '.2'),
      qosClass: 'Burstable',
      containerStatuses: [
        { name: 'b', ready: true, started: true, restartCount: 0, image: 'registry.example/c:1' },
        { name: 'c', allocatedResources: { cpu: '100m' }, resources: { requests: { cpu: '100m' } } },
      ],
    });
    expect(requests.filter((request) => request.startsWith('PATCH') && request.includes('/pods/'))).toHaveLength(1);
    await until('its events', async () => (await reasons('a')).length === 7);
    expect((await reasons('a')).sort()).toEqual([
      'Created',
      'Created',
      'Pulled',
      'Pulled',
      'Pulling',
      'Started',
      'Started',
    ]);
  });

  test('that are deleted end within their grace period, and are gone', async () => {
    await started();
    await create('a', {}, { 'stop-after': '60s' });
    await inPhase('a', 'Running');
    await client.resource(Pod).delete({ namespace: 'default', name: 'a' }, { gracePeriodSeconds: 1 });
    expect((await get('a')).status?.phase).toBe('Running');
    await gone('a');
    await until('its event', async () => (await reasons('a')).includes('Killing'));
  });

  test('that are deleted at once are gone at once, and their address is free', async () => {
    await started();
    await create('a');
    await inPhase('a', 'Running');
    await client.resource(Pod).delete({ namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
    await gone('a');
    await create('a');
    await inPhase('a', 'Running');
  });

  test.each([
    ['Never', '0', 'Succeeded', 'PodCompleted'],
    ['Never', '3', 'Failed', 'PodFailed'],
    ['OnFailure', '0', 'Succeeded', 'PodCompleted'],
  ])('with restartPolicy %s whose container ends with %s have %s', async (restartPolicy, code, phase, reason) => {
    await started();
    await create('a', { restartPolicy }, { 'exit-code': code });
    const pod = await inPhase('a', phase);
    expect(conditions(pod)).toMatchObject({ Ready: `False ${reason}`, ContainersReady: `False ${reason}` });
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      ready: false,
      started: false,
      state: { terminated: { exitCode: Number(code), reason: code === '0' ? 'Completed' : 'Error' } },
    });
  });

  test('whose container fails are started again, and back off', async () => {
    await started({}, { backoff: { initialMs: 1000, maxMs: 300_000 } });
    await create('a', {}, { restarts: '2' });
    const waiting = await podThat(
      'a',
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    const [status] = waiting.status!.containerStatuses!;
    expect(status!.state!.waiting!.message).toBe(
      `back-off 1s restarting failed container=c pod=a_default(${waiting.metadata.uid})`,
    );
    expect(status).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 1 } } });
    expect(waiting.status?.phase).toBe('Running');
    const running = await podThat('a', ({ status: now }) => now?.containerStatuses?.[0]?.state?.running !== undefined);
    expect(running.status!.containerStatuses![0]).toMatchObject({ restartCount: 2, ready: true });
    await until('its event', async () => (await reasons('a')).includes('BackOff'));
  });

  test('[sig-node] InitContainer should invoke init containers on a RestartAlways pod [Conformance] [NodeConformance]', async () => {
    await started();
    const initContainers = [
      { name: 'first', image: 'registry.example/i:1' },
      { name: 'sidecar', image: 'registry.example/s:1', restartPolicy: 'Always' },
      { name: 'last', image: 'registry.example/i:1' },
    ];
    await create('a', { initContainers }, { 'exit-after.last': '1s' });
    const before = await podThat('a', ({ status }) => status?.initContainerStatuses?.[2]?.state?.running !== undefined);
    expect(before.status?.phase).toBe('Pending');
    expect(before.status?.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(conditions(before)['Initialized']).toBe('False ContainersNotInitialized');
    const after = await inPhase('a', 'Running');
    expect(after.status?.initContainerStatuses).toMatchObject([
      { name: 'first', ready: true, state: { terminated: { reason: 'Completed' } } },
      { name: 'sidecar', ready: true, started: true },
      { name: 'last', ready: true, state: { terminated: { exitCode: 0 } } },
    ]);
    expect(conditions(after)).toMatchObject({ Initialized: 'True', Ready: 'True' });
  });

  test('[sig-node] InitContainer should not start app containers and fail the pod if init containers fail on a RestartNever pod [Conformance] [NodeConformance]', async () => {
    await started();
    const initContainers = [{ name: 'i', image: 'registry.example/i:1' }];
    await create('a', { restartPolicy: 'Never', initContainers }, { 'exit-code.i': '1' });
    const pod = await inPhase('a', 'Failed');
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      started: false,
      state: { waiting: { reason: 'PodInitializing' } },
    });
  });

  test('with readiness gates are ready when those are', async () => {
    await started();
    await create('a', { readinessGates: [{ conditionType: 'k8s.io/test' }] });
    const waiting = await podThat('a', (pod) => conditions(pod)['ContainersReady'] === 'True');
    expect(waiting.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "k8s.io/test" does not exist.',
    });
    const status = { conditions: [{ type: 'k8s.io/test', status: 'True' }] };
    await client.resource(Pod).patch(waiting.metadata, 'strategic', { status }, { subresource: 'status' });
    const ready = await podThat('a', (pod) => conditions(pod)['Ready'] === 'True');
    expect(conditions(ready)['k8s.io/test']).toBe('True');
  });

  test('whose image cannot be pulled wait', async () => {
    await started();
    await create('a', {}, { 'pull-failure': 'no such image' });
    const waiting = (reason: string) => (pod: Pod) =>
      pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === reason;
    expect((await podThat('a', waiting('ErrImagePull'))).status?.phase).toBe('Pending');
    const pod = await podThat('a', waiting('ImagePullBackOff'));
    expect(pod.status!.containerStatuses![0]!.state!.waiting!.message).toBe(
      'Back-off pulling image "registry.example/c:1": ErrImagePull: no such image',
    );
  });

  test('[sig-node] Pods should allow activeDeadlineSeconds to be updated [Conformance] [NodeConformance]', async () => {
    await started();
    const pod = await create('a', { activeDeadlineSeconds: 600 });
    await inPhase('a', 'Running');
    await client.resource(Pod).patch(pod.metadata, 'merge', { spec: { activeDeadlineSeconds: 1 } });
    const failed = await inPhase('a', 'Failed');
    expect(failed.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });

  test('[sig-node] InitContainer should not start app containers if init containers fail on a RestartAlways pod [Conformance] [NodeConformance]', async () => {
    await started({}, { backoff: { initialMs: 1, maxMs: 1000 } });
    await create('a', { initContainers: [{ name: 'i', image: 'registry.example/i:1' }] }, { 'exit-code.i': '1' });
    const failing = await podThat('a', ({ status }) => (status?.initContainerStatuses?.[0]?.restartCount ?? 0) >= 3);
    expect(failing.status?.phase).toBe('Pending');
    expect(failing.status?.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });

  test('on the host’s network have the node’s address', async () => {
    await started();
    await create('a', { hostNetwork: true });
    const { status } = await inPhase('a', 'Running');
    expect(status?.podIP).toBe(status?.hostIP);
  });
});
