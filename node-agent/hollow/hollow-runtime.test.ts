// The simulated runtime: the contract of runtimes, and what is its own: stages, annotations, addresses, going on from a status.
import { afterEach, describe, expect, test } from '@jest/globals';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import type { Container, Pod } from '../pods/pod.ts';
import { describeRuntimeContract } from '../runtime-contract.ts';
import { HollowRuntime } from './hollow-runtime.ts';
import { standardStages } from './stages.ts';

function podOf(uid: string, annotations: Record<string, string> = {}, container: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${uid}`, namespace: 'default', uid, annotations },
    spec: { restartPolicy: 'Always', containers: [{ name: 'c', image: 'busybox:1', ...container }] },
  } as Pod;
}

const clock = new FakeClock();
const make = (podCidr = '10.128.3.0/24') => new HollowRuntime({ podCidr, stages: standardStages(), clock });
const open: HollowRuntime[] = [];

function opened(podCidr?: string): HollowRuntime {
  const runtime = make(podCidr);
  open.push(runtime);
  return runtime;
}

afterEach(async () => {
  for (const runtime of open.splice(0)) await runtime.close();
  expect(clock.timers).toBe(0);
});

describeRuntimeContract('hollow', async () => ({ runtime: make(), pod: (uid) => podOf(uid) }));

async function started(pod: Pod, runtime = opened(), attempt = 0): Promise<{ runtime: HollowRuntime; id: string }> {
  const container = pod.spec!.containers[0] as Container;
  if (runtime.pod(pod.metadata.uid) === undefined) await runtime.runSandbox(pod, 0);
  const id = await runtime.createContainer(pod, container, attempt);
  await runtime.startContainer(id);
  return { runtime, id };
}

const prefix = (annotations: Record<string, string>) =>
  Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`hollow.pgplane.io/${name}`, value]));

describe('annotations', () => {
  test('a container ends after its time, with its code and reason', async () => {
    const pod = podOf('a', prefix({ 'exit-after': '30s', 'exit-code.c': '3', 'exit-reason': 'OOMKilled' }));
    const { runtime } = await started(pod);
    const changes: string[] = [];
    runtime.onChange((uid) => changes.push(uid));
    await clock.advance(29_999);
    expect(runtime.pod('a')!.containers[0]).toMatchObject({ state: 'running', ready: true });
    await clock.advance(1);
    expect(runtime.pod('a')!.containers[0]).toMatchObject({ state: 'exited', exitCode: 3, reason: 'OOMKilled' });
    expect(changes).toEqual(['a']);
  });

  test('restarts: so often it fails, then it runs on', async () => {
    const pod = podOf('a', prefix({ restarts: '2' }));
    const runtime = opened();
    const states: unknown[] = [];
    for (const attempt of [0, 1, 2]) {
      await started(pod, runtime, attempt);
      const { state, exitCode } = runtime.pod('a')!.containers[0]!;
      states.push([state, exitCode]);
    }
    expect(states).toEqual([
      ['exited', 1],
      ['exited', 1],
      ['running', undefined],
    ]);
  });

  test.each([
    [{ 'ready-after': '5s' }, 5000, true],
    [{ ready: 'false' }, 3_600_000, false],
  ])('readiness: %j', async (annotations, afterMs, ready) => {
    const { runtime } = await started(podOf('a', prefix(annotations as Record<string, string>)));
    expect(runtime.pod('a')!.containers[0]).toMatchObject({ started: false, ready: false });
    await clock.advance(afterMs);
    expect(runtime.pod('a')!.containers[0]!.ready).toBe(ready);
  });

  test.each([
    [
      'pull-failure',
      'ErrImagePull',
      (runtime: HollowRuntime, pod: Pod) => runtime.pullImage(pod, pod.spec!.containers[0]!),
    ],
    ['sandbox-failure', 'CreatePodSandboxError', (runtime: HollowRuntime, pod: Pod) => runtime.runSandbox(pod, 0)],
    ['start-failure', 'RunContainerError', (runtime: HollowRuntime, pod: Pod) => started(pod, runtime)],
  ])('%s is the message of %s', async (name, reason, act) => {
    const failing = act(opened(), podOf('a', prefix({ [name]: 'no such thing' })));
    await expect(failing).rejects.toMatchObject({ reason, message: 'no such thing' });
  });

  test.each([
    ['ends when it is asked to', { 'stop-after': '2s', 'stop-code': '7' }, 2000, 7],
    ['is killed after its grace period', { 'stop-after': '2m' }, 10_000, 137],
  ])('a container %s', async (_, annotations, afterMs, exitCode) => {
    const { runtime, id } = await started(podOf('a', prefix(annotations as Record<string, string>)));
    const stopping = runtime.stopContainer(id, 10);
    await clock.advance(afterMs - 1);
    expect(runtime.pod('a')!.containers[0]!.state).toBe('running');
    await clock.advance(1);
    await stopping;
    expect(runtime.pod('a')!.containers[0]).toMatchObject({ state: 'exited', exitCode });
  });
});

test('addresses are unique and come back; a node without any left says so', async () => {
  const runtime = opened('10.0.0.0/29');
  const ips: string[] = [];
  for (const uid of ['a', 'b', 'c', 'd', 'e']) ips.push(...(await runtime.runSandbox(podOf(uid), 0)).ips);
  expect(ips).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
  await expect(runtime.runSandbox(podOf('f'), 0)).rejects.toMatchObject({ reason: 'CreatePodSandboxError' });
  await runtime.removePod('c');
  expect((await runtime.runSandbox(podOf('f'), 0)).ips).toEqual(['10.0.0.4']);
});

test('a pod is gone on with from its status: same container, same address, what is left of its time', async () => {
  const pod = podOf('a', prefix({ 'exit-after': '60s' }));
  pod.status = {
    phase: 'Running',
    podIPs: [{ ip: '10.128.3.2' }],
    containerStatuses: [
      {
        name: 'c',
        image: 'busybox:1',
        imageID: 'busybox@sha256:0',
        containerID: 'hollow://1',
        restartCount: 2,
        ready: true,
        state: { running: { startedAt: new Date(clock.now() - 45_000).toISOString() } },
        lastState: { terminated: { exitCode: 1, containerID: 'hollow://0' } },
      },
    ],
  };
  const runtime = opened();
  runtime.recover(pod);
  expect(runtime.pod('a')).toMatchObject({
    sandbox: { ready: true, ips: ['10.128.3.2'] },
    containers: [
      { id: 'hollow://1', attempt: 2, state: 'running', ready: true },
      { id: 'hollow://0', attempt: 1, state: 'exited', exitCode: 1 },
    ],
  });
  expect((await runtime.runSandbox(podOf('b'), 0)).ips).toEqual(['10.128.3.3']);
  await clock.advance(15_000);
  expect(runtime.pod('a')!.containers[0]).toMatchObject({ state: 'exited', exitCode: 0, reason: 'Completed' });
});
