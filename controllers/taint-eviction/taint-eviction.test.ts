// Nodes that fall silent and Pods that have to go, over the wire, by a clock that the test moves; and the rule by itself
// (pkg/controller/tainteviction/taint_eviction_test.go, test/e2e/node/taints.go).
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { timestamp } from '../../client/clock.ts';
import { CoreEvent, Node, Pod } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { until } from '../../conformance/support/until.ts';
import { nodeLifecycle } from '../node-lifecycle/node-lifecycle.ts';
import type { Taint, Toleration } from '../shared/taints.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { createNode, createPod, renewLease } from '../testing/objects.ts';
import { evictionDelayMs, taintEviction } from './taint-eviction.ts';

jest.setTimeout(120_000);

const noExecute = (key: string, value?: string): Taint => ({ key, effect: 'NoExecute', ...(value ? { value } : {}) });

test.each<[string, Taint[], Toleration[], number]>([
  ['no taint', [], [], Number.POSITIVE_INFINITY],
  ['not tolerated', [noExecute('a')], [], 0],
  ['tolerated for ever', [noExecute('a')], [{ key: 'a', operator: 'Exists' }], Number.POSITIVE_INFINITY],
  ['tolerated for a time', [noExecute('a')], [{ key: 'a', operator: 'Exists', tolerationSeconds: 5 }], 5000],
  ['for no time', [noExecute('a')], [{ key: 'a', operator: 'Exists', tolerationSeconds: -1 }], 0],
  [
    'the least of two',
    [noExecute('a'), noExecute('b')],
    [
      { key: 'a', operator: 'Exists', tolerationSeconds: 5 },
      { key: 'b', operator: 'Exists', tolerationSeconds: 3 },
    ],
    3000,
  ],
  ['one of two', [noExecute('a'), noExecute('b')], [{ key: 'a', operator: 'Exists' }], 0],
  ['of everything', [noExecute('a'), noExecute('b')], [{ operator: 'Exists' }], Number.POSITIVE_INFINITY],
  ['of the value', [noExecute('a', 'x')], [{ key: 'a', value: 'x' }], Number.POSITIVE_INFINITY],
  ['of another value', [noExecute('a', 'x')], [{ key: 'a', value: 'y' }], 0],
  ['of another effect', [noExecute('a')], [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }], 0],
])('a Pod may stay: %s', (_, taints, tolerations, ms) => expect(evictionDelayMs(taints, tolerations)).toBe(ms));

describe('over the wire', () => {
  let on: ControllersCluster;
  let clock: FakeClock;

  beforeEach(async () => {
    clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000);
    on = await startControllersCluster([nodeLifecycle, taintEviction], { clock });
  });
  afterEach(() => on.stop());

  const key = (name: string) => ({ namespace: 'default', name });
  const pod = (name: string) =>
    on.client
      .resource(Pod)
      .get(key(name))
      .catch(() => undefined);
  const gone = async (name: string) => {
    const found = await pod(name);
    return found === undefined || found.metadata.deletionTimestamp !== undefined;
  };
  const nodeOf = (name: string) => on.client.resource(Node).get({ name });
  const taintsOf = async (name: string) =>
    ((await nodeOf(name)).spec?.taints ?? []).map(({ key: k, effect }) => `${k}:${effect}`).sort();
  const now = () => timestamp(clock.now());
  const say = async (reason: string) =>
    (await on.client.resource(CoreEvent).list()).items
      .filter((event) => event.reason === reason)
      .map(({ message }) => message);
  /** Moves time until something is so; who lives goes on living. */
  const passUntil = (what: string, alive: string[], probe: () => Promise<boolean>, stepMs = 1000) =>
    until(what, async () => {
      for (const name of alive) await renewLease(on.client, name, clock.now());
      await clock.advance(stepMs);
      return probe();
    });
  const tolerating = (seconds: number) => ({
    tolerations: [{ key: 'evict', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds }],
  });
  const taint = (name: string, taints: Taint[]) =>
    on.client.resource(Node).patch({ name }, 'merge', { spec: { taints } });

  test('NoExecuteTaintManager Single Pod [Serial] removing taint cancels eviction [Conformance]', async () => {
    await createNode(on.client, 'n1', { now: now() });
    await createPod(on.client, 'waits', { nodeName: 'n1', ips: ['10.0.0.1'], spec: tolerating(60) });
    await createPod(on.client, 'goes', { nodeName: 'n1', ips: ['10.0.0.2'] });
    await taint('n1', [noExecute('evict')]);
    await until('the other one is gone', () => gone('goes'));
    await taint('n1', []);
    await until('it is cancelled', async () =>
      (await say('TaintManagerEviction')).includes('Cancelling deletion of Pod default/waits'),
    );
    await clock.advance(120_000);
    expect(await gone('waits')).toBe(false);
    expect(await say('TaintManagerEviction')).toContain('Marking for deletion Pod default/goes');
  });

  test('NoExecuteTaintManager Multiple Pods [Serial] evicts pods with minTolerationSeconds [Disruptive] [Conformance]', async () => {
    await createNode(on.client, 'n1', { now: now() });
    await createPod(on.client, 'short', { nodeName: 'n1', ips: ['10.0.0.1'], spec: tolerating(5) });
    await createPod(on.client, 'long', { nodeName: 'n1', ips: ['10.0.0.2'], spec: tolerating(500) });
    await taint('n1', [noExecute('evict')]);
    await passUntil('the first is gone', ['n1'], () => gone('short'));
    const condition = (await pod('short'))?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
    // The test's Pods have a grace period: the condition can be read while it lasts.
    expect(condition).toMatchObject({
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      observedGeneration: 1,
    });
    expect(await gone('long')).toBe(false);
    await passUntil('the second is gone', ['n1'], () => gone('long'), 10_000);
  });

  test('a node that falls silent is Unknown, tainted, and its Pods go after their time; it comes back', async () => {
    for (const name of ['n1', 'n2', 'n3']) {
      await createNode(on.client, name, { now: now(), labels: { 'kubernetes.io/os': 'linux' } });
      await renewLease(on.client, name, clock.now());
    }
    await createPod(on.client, 'a', { nodeName: 'n1', ips: ['10.0.0.1'] });
    await createPod(on.client, 'b', { nodeName: 'n2', ips: ['10.0.0.2'] });
    await until('labels', async () => (await nodeOf('n1')).metadata.labels?.['beta.kubernetes.io/os'] === 'linux');
    await until('no taint', async () => (await taintsOf('n1')).length === 0);
    const silentSince = clock.now();
    await passUntil('n1 is Unknown', ['n2', 'n3'], async () =>
      (await nodeOf('n1')).status!.conditions!.some(({ type, status }) => type === 'Ready' && status === 'Unknown'),
    );
    expect(clock.now() - silentSince).toBeGreaterThan(50_000);
    const ready = (await nodeOf('n1')).status!.conditions!.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' });
    await until('its Pod is not ready', async () =>
      (await pod('a'))?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False'),
    );
    await passUntil('it is tainted', ['n2', 'n3'], async () => (await taintsOf('n1')).length === 2);
    expect(await taintsOf('n1')).toEqual([
      'node.kubernetes.io/unreachable:NoExecute',
      'node.kubernetes.io/unreachable:NoSchedule',
    ]);
    // DefaultTolerationSeconds lets it stay for 300 s.
    const taintedAt = clock.now();
    expect(await gone('a')).toBe(false);
    await passUntil('its Pod is gone', ['n2', 'n3'], () => gone('a'), 10_000);
    expect(clock.now() - taintedAt).toBeGreaterThan(280_000);
    expect(await gone('b')).toBe(false);
    expect(await say('NodeNotReady')).toEqual(
      expect.arrayContaining(['Node n1 status is now: NodeNotReady', 'Node is not ready']),
    );
    expect(await say('RegisteredNode')).toContain('Node n1 event: Registered Node n1 in Controller');
    const conditions = [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: '',
        lastHeartbeatTime: now(),
        lastTransitionTime: now(),
      },
    ];
    await on.client
      .resource(Node)
      .patch({ name: 'n1' }, 'merge', { status: { conditions } }, { subresource: 'status' });
    await passUntil('n1 is well', ['n1', 'n2', 'n3'], async () => (await taintsOf('n1')).length === 0);
    await on.client.resource(Node).delete({ name: 'n3' });
    await passUntil('its going is said', ['n1', 'n2'], async () =>
      (await say('RemovingNode')).includes('Node n3 event: Removing Node n3 from Controller'),
    );
  });

  test('when all nodes fall silent none is tainted NoExecute', async () => {
    for (const name of ['n1', 'n2']) await createNode(on.client, name, { now: now() });
    const unknown = async (name: string) =>
      (await nodeOf(name)).status!.conditions!.some(({ type, status }) => type === 'Ready' && status === 'Unknown');
    await passUntil('both are Unknown', [], async () => (await unknown('n1')) && (await unknown('n2')));
    await until('both are avoided', async () => (await taintsOf('n1')).length > 0 && (await taintsOf('n2')).length > 0);
    for (let n = 0; n < 10; n++) await clock.advance(10_000);
    expect(await taintsOf('n1')).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
    expect(await taintsOf('n2')).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
  });

  test('a cordoned node, and one short of memory, are tainted NoSchedule until they are not', async () => {
    await createNode(on.client, 'n1', { now: now() });
    await on.client.resource(Node).patch({ name: 'n1' }, 'merge', { spec: { unschedulable: true } });
    await until(
      'cordoned',
      async () => (await taintsOf('n1')).join() === 'node.kubernetes.io/unschedulable:NoSchedule',
    );
    const conditions = [
      { type: 'MemoryPressure', status: 'True', lastHeartbeatTime: now(), lastTransitionTime: now() },
    ];
    await on.client
      .resource(Node)
      .patch({ name: 'n1' }, 'strategic', { status: { conditions } }, { subresource: 'status' });
    await until('both', async () => (await taintsOf('n1')).length === 2);
    await on.client.resource(Node).patch({ name: 'n1' }, 'merge', { spec: { unschedulable: null } });
    await until('one', async () => (await taintsOf('n1')).join() === 'node.kubernetes.io/memory-pressure:NoSchedule');
  });
});
