// The rules of pods as tables: what to do, which phase, how long to wait.
import { describe, expect, test } from '@jest/globals';
import type { RuntimeContainer, RuntimePod } from '../runtime.ts';
import { CrashBackoff, durationText } from './crash-backoff.ts';
import { phaseOf } from './phase.ts';
import { type Container, type ContainerStatus, type Pod, restartsAfter } from './pod.ts';
import { podActions } from './pod-actions.ts';

interface Shape {
  /** `a`, `b`; `a*` is a sidecar. */
  init?: string;
  main?: string;
  policy?: string;
}

function podOf({ init = '', main = 'm', policy = 'Always' }: Shape): Pod {
  const containers = (names: string) =>
    names
      .split(' ')
      .filter((name) => name !== '')
      .map((name) => ({
        name: name.replace('*', ''),
        image: 'i',
        ...(name.endsWith('*') ? { restartPolicy: 'Always' } : {}),
      }));
  const spec = { restartPolicy: policy, initContainers: containers(init), containers: containers(main) };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec } as Pod;
}

/** `m:running`, `m:exited(1)`, `m:created`, `s:starting`. */
function stateOf(text: string, sandboxReady = true): RuntimePod {
  const containers = text
    .split(' ')
    .filter((part) => part !== '')
    .map((part): RuntimeContainer => {
      const [, name = '', state = '', code] = /^(\w+):(\w+)(?:\((\d+)\))?$/.exec(part)!;
      return {
        id: name,
        name,
        attempt: 0,
        state: state === 'starting' ? 'running' : (state as RuntimeContainer['state']),
        image: 'i',
        imageRef: 'i',
        started: state === 'running',
        ready: state === 'running',
        ...(code === undefined ? {} : { exitCode: Number(code) }),
      };
    });
  return { sandbox: { id: 's', attempt: 0, ready: sandboxReady, ips: [] }, containers };
}

const names = (containers: readonly Container[]) => containers.map(({ name }) => name).join(' ');

describe('what to do', () => {
  test.each<[string, Shape, string, string]>([
    ['everything is there', { main: 'm n' }, 'm:running n:running', ''],
    ['one is missing', { main: 'm n' }, 'm:running', 'n'],
    ['one has failed', {}, 'm:exited(1)', 'm'],
    ['one has succeeded, OnFailure', { main: 'm n', policy: 'OnFailure' }, 'm:exited(0) n:running', ''],
    ['one has failed, Never', { main: 'm n', policy: 'Never' }, 'm:exited(1) n:running', ''],
    ['all have ended, Never', { policy: 'Never' }, 'm:exited(1)', 'kill'],
    ['all have succeeded, OnFailure', { policy: 'OnFailure' }, 'm:exited(0)', 'kill'],
    ['one was created only', {}, 'm:created', 'm'],
    ['the first init container', { init: 'a b' }, '', 'a'],
    ['one runs', { init: 'a b' }, 'a:running', ''],
    ['the next one', { init: 'a b' }, 'a:exited(0)', 'b'],
    ['after the last one', { init: 'a b' }, 'a:exited(0) b:exited(0)', 'm'],
    ['init fails', { init: 'a' }, 'a:exited(1)', 'a'],
    ['init fails, Never', { init: 'a', policy: 'Never' }, 'a:exited(1)', 'kill'],
    ['a sidecar is starting', { init: 's* b' }, 's:starting', ''],
    ['a sidecar has started', { init: 's* b' }, 's:running', 'b'],
    ['the last sidecar has started', { init: 'b s*' }, 'b:exited(0) s:running', 'm'],
    ['a sidecar has ended', { init: 's*' }, 's:exited(0) m:running', 's'],
    ['a sidecar has ended during initialization', { init: 's* b' }, 's:exited(1) b:running', 's'],
    ['only sidecars are left', { init: 's*', policy: 'Never' }, 's:running m:exited(0)', 'kill'],
  ])('%s', (_, shape, state, wanted) => {
    const { killPod, start, createSandbox } = podActions(podOf(shape), stateOf(state));
    expect(createSandbox).toBeUndefined();
    expect(killPod ? 'kill' : names(start)).toBe(wanted);
  });

  test.each<[string, Shape, RuntimePod | undefined, number | undefined, string]>([
    ['a new pod', {}, undefined, 0, 'm'],
    ['a new pod with init containers', { init: 'a b' }, undefined, 0, 'a'],
    ['a sandbox that has ended', {}, stateOf('m:exited(1)', false), 1, 'm'],
    ['a sandbox that has ended, Never', { policy: 'Never' }, stateOf('m:exited(1)', false), undefined, ''],
    [
      'what has succeeded is not done again',
      { main: 'm n', policy: 'OnFailure' },
      stateOf('m:exited(0)', false),
      1,
      'n',
    ],
  ])('sandboxes: %s', (_, shape, state, attempt, wanted) => {
    const { createSandbox, start } = podActions(podOf(shape), state);
    expect(createSandbox).toBe(attempt);
    expect(names(start)).toBe(wanted);
  });
});

/** `r` runs, `0` has ended with 0, `1` with 1, `w` waits, `w1` waits after 1. */
function statusesOf(pod: Pod, text: string): Map<string, ContainerStatus> {
  const all = [...pod.spec!.initContainers!, ...pod.spec!.containers];
  const ended = (code: string) => ({ terminated: { exitCode: Number(code) } });
  const parts = text.split(' ');
  return new Map(
    all.flatMap(({ name }, index): [string, ContainerStatus][] => {
      const part = parts[index]!;
      if (part === '-') return [];
      const base = { name, image: 'i', imageID: '', ready: false, restartCount: 0 };
      const lastState = part.length === 2 ? ended(part[1]!) : {};
      const state = part === 'r' ? { running: {} } : part.startsWith('w') ? { waiting: {} } : ended(part);
      return [[name, { ...base, state, lastState, started: part === 'r' }]];
    }),
  );
}

test.each<[Shape, string, string, string]>([
  [{}, 'r', 'Running', 'Running'],
  [{}, 'w', 'Pending', 'Pending'],
  [{}, '-', 'Pending', 'Pending'],
  [{}, '1', 'Running', 'Failed'],
  [{}, '0', 'Running', 'Succeeded'],
  [{}, 'w1', 'Running', 'Failed'],
  [{ policy: 'Never' }, '0', 'Succeeded', 'Succeeded'],
  [{ policy: 'Never' }, '1', 'Failed', 'Failed'],
  [{ policy: 'OnFailure' }, '1', 'Running', 'Failed'],
  [{ policy: 'OnFailure' }, '0', 'Succeeded', 'Succeeded'],
  [{ main: 'm n', policy: 'Never' }, '0 r', 'Running', 'Running'],
  [{ main: 'm n', policy: 'Never' }, '0 1', 'Failed', 'Failed'],
  [{ main: 'm n', policy: 'Never' }, '0 w', 'Pending', 'Pending'],
  [{ init: 'a' }, 'r w', 'Pending', 'Pending'],
  [{ init: 'a' }, '0 r', 'Running', 'Running'],
  [{ init: 'a', policy: 'Never' }, '1 w', 'Failed', 'Failed'],
  [{ init: 'a' }, '1 w', 'Pending', 'Pending'],
  [{ init: 's*' }, 'r r', 'Running', 'Running'],
  [{ init: 's*', policy: 'Never' }, '0 0', 'Succeeded', 'Succeeded'],
])('phase of %j with %s: %s, at its end %s', (shape, text, phase, atItsEnd) => {
  const pod = podOf(shape);
  const statuses = statusesOf(pod, text);
  expect(phaseOf(pod, statuses, { terminal: false, hasStarted: false })).toBe(phase);
  expect(phaseOf(pod, statuses, { terminal: true, hasStarted: false })).toBe(atItsEnd);
});

test.each([
  [{}, 'Always', 0, true],
  [{}, 'OnFailure', 0, false],
  [{}, 'OnFailure', 1, true],
  [{}, 'Never', 1, false],
  [{ restartPolicy: 'Always' }, 'Never', 0, true],
  [{ restartPolicy: 'Never' }, 'Always', 1, false],
  [
    {
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
    },
    'Never',
    42,
    true,
  ],
  [
    {
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
    },
    'Never',
    1,
    false,
  ],
  [
    {
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'NotIn', values: [42] } }],
    },
    'Never',
    1,
    true,
  ],
])('%j of a pod with %s that ended with %s runs again: %s', (container, policy, code, wanted) => {
  expect(restartsAfter({ name: 'c', ...container } as Container, policy, code)).toBe(wanted);
});

test('a container that crashes again and again waits 10 s, 20 s … 5 min; one that ran for long begins anew', () => {
  const backoff = new CrashBackoff();
  let now = 0;
  const waits: string[] = [];
  for (let crash = 0; crash < 8; crash++) {
    const wait = backoff.check('c', now, now);
    if (wait !== undefined) {
      waits.push(durationText(wait.backoffMs));
      now = wait.untilMs;
      expect(backoff.check('c', now - wait.backoffMs, now)).toBeUndefined();
    }
  }
  expect(waits).toEqual(['10s', '20s', '40s', '1m20s', '2m40s', '5m0s', '5m0s']);
  now += 600_001;
  expect(backoff.check('c', now, now)).toBeUndefined();
  expect(backoff.check('c', now, now)?.backoffMs).toBe(10_000);
});

test.each([
  [0, '0s'],
  [16, '16ms'],
  [1500, '1.5s'],
  [160_000, '2m40s'],
])('%s ms are %s', (ms, text) => expect(durationText(ms)).toBe(text));
