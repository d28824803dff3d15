import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { type Body, created, updated, updateErrors } from '../kind-harness.ts';
import { pod } from './pod.ts';
import { applyBinding, validateBinding } from './pod-binding.ts';
import { podGracePeriodSeconds } from './pod-strategy.ts';

function podOf(spec: Body = {}, container: Body = {}): Body {
  const containers = [{ name: 'c', image: 'i:1', ...container }];
  return {
    metadata: { name: 'p', namespace: 'default' },
    spec: { serviceAccountName: 'default', containers, ...spec },
  };
}

const updatable =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n';

describe('an update of a pod', () => {
  const old = created(pod, podOf({ activeDeadlineSeconds: 60, tolerations: [{ key: 'a', operator: 'Exists' }] }));
  const kept = { activeDeadlineSeconds: 60, tolerations: [{ key: 'a', operator: 'Exists' }] };

  test.each<[string, Body, string[]]>([
    ['the image changes', podOf(kept, { image: 'i:2' }), []],
    ['the deadline comes sooner', podOf({ ...kept, activeDeadlineSeconds: 30 }), []],
    [
      'the deadline comes later',
      podOf({ ...kept, activeDeadlineSeconds: 90 }),
      ['spec.activeDeadlineSeconds: Invalid value: 90: must be less than or equal to previous value'],
    ],
    [
      'a toleration goes',
      podOf({ ...kept, tolerations: [] }),
      ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
    ],
    [
      'a container comes',
      podOf({
        ...kept,
        containers: [
          { name: 'c', image: 'i:1' },
          { name: 'd', image: 'i:1' },
        ],
      }),
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
  ])('%s', (_, body, errors) => {
    expect(updateErrors(pod, body, old)).toEqual(errors);
  });

  test('anything else is refused, with what would change', () => {
    const [error] = updateErrors(pod, podOf({ ...kept, hostname: 'h' }), old);
    expect(error!.startsWith(updatable)).toBe(true);
    expect(error!.slice(updatable.length)).toMatch(/^@@ -\d+,7 \+\d+,7 @@\n/);
    expect(error).toContain('\n- "Hostname": "",\n+ "Hostname": "h",\n  "Subdomain"');
  });

  test('a gated pod may be given less room', () => {
    const gates = { schedulingGates: [{ name: 'example.com/g' }] };
    const gated = created(pod, podOf({ ...gates, nodeSelector: { a: '1' } }));
    expect(updateErrors(pod, podOf({ ...gates, nodeSelector: { a: '1', b: '2' } }), gated)).toEqual([]);
    expect(updateErrors(pod, podOf({ ...gates, nodeSelector: { a: '2' } }), gated)).toEqual([
      'spec.nodeSelector: Invalid value: {"a":"2"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ]);
  });
});

describe('a resize', () => {
  const cpu = (value: string): Body => ({ resources: { requests: { cpu: value }, limits: { cpu: '2' } } });
  const old = created(pod, podOf({}, cpu('1')));
  old.metadata.generation = 4;

  test('changes CPU, and counts as a generation', () => {
    expect(updateErrors(pod, podOf({ hostname: 'ignored' }, cpu('1500m')), old, 'resize')).toEqual([]);
    const resized = updated(pod, podOf({ hostname: 'ignored' }, cpu('1500m')), old, 'resize');
    expect(resized['spec'].containers[0].resources.requests.cpu).toBe('1500m');
    expect(resized['spec'].hostname).toBeUndefined();
    expect(resized.metadata.generation).toBe(5);
  });

  test('keeps the QoS class, and takes nothing away', () => {
    expect(updateErrors(pod, podOf(), old, 'resize')).toEqual([
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
      'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
    ]);
  });
});

test('ephemeral containers come, and do not go', () => {
  const debug = { name: 'debug', image: 'd:1' };
  const old = created(pod, podOf());
  old['spec'].ephemeralContainers = [{ ...debug, imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }];
  const body = podOf({ ephemeralContainers: [{ ...debug, name: 'other' }] });
  expect(updateErrors(pod, body, old, 'ephemeralcontainers')).toEqual([
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
  ]);
});

test('a container that has ended stays ended where nothing restarts it', () => {
  const old = created(pod, podOf({ restartPolicy: 'Never' }));
  old['status'].containerStatuses = [{ name: 'c', state: { terminated: { exitCode: 1 } } }];
  const status = { ...old['status'], containerStatuses: [{ name: 'c', state: { running: {} } }] };
  expect(updateErrors(pod, { ...podOf({ restartPolicy: 'Never' }), status }, old, 'status')).toEqual([
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
  ]);
});

test.each<[string, Body, number | undefined, number]>([
  ['no node', {}, undefined, 0],
  ['a node', { spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 } }, undefined, 30],
  ['a request', { spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 } }, 5, 5],
  ['a negative period', { spec: { nodeName: 'n', terminationGracePeriodSeconds: -7 } }, undefined, 1],
  ['a finished pod', { spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 }, status: { phase: 'Failed' } }, 9, 0],
])('grace for %s', (_, body, requested, seconds) => {
  expect(podGracePeriodSeconds({ spec: {}, ...body } as unknown as KubeObject, requested)).toBe(seconds);
});

test('a binding puts a pod on a node, once', () => {
  const binding = { metadata: { labels: { zone: 'a' } }, target: { kind: 'Node', name: 'n' } } as unknown as KubeObject;
  const bound = created(pod, podOf());
  applyBinding(bound, binding, '2026-01-01T00:00:00Z');
  expect(bound['spec'].nodeName).toBe('n');
  expect(bound.metadata.labels).toEqual({ zone: 'a' });
  expect(bound['status'].conditions).toEqual([
    { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' },
  ]);
  expect(() => applyBinding(bound, binding, '2026-01-01T00:00:00Z')).toThrow('pod p is already assigned to node "n"');
  expect(validateBinding({ metadata: {}, target: { kind: 'Pod' } } as unknown as KubeObject)).toHaveLength(2);
});
