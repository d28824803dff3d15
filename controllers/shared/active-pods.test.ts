// Which Pods are available, and which are deleted first; as the tables of pkg/controller/controller_utils_test.go.
import { describe, expect, test } from '@jest/globals';
import { timestamp } from '../../client/clock.ts';
import {
  inDeletionOrder,
  isPodAvailable,
  nextAvailabilityCheckMs,
  type PodState,
  podDeletionCost,
} from './active-pods.ts';

const now = Date.UTC(2026, 0, 1);

interface Sample {
  node?: string;
  phase?: string;
  /** Seconds since it is ready. */
  readyFor?: number;
  cost?: string;
  restarts?: number;
  /** Seconds. */
  age?: number;
}

function pod(name: string, { node, phase = 'Running', readyFor, cost, restarts = 0, age = 60 }: Sample): PodState {
  const lastTransitionTime = timestamp(now - (readyFor ?? 0) * 1000);
  return {
    metadata: {
      name,
      uid: name,
      creationTimestamp: timestamp(now - age * 1000),
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], ...(node === undefined ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: readyFor === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime }],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: restarts }],
    },
  };
}

const node = 'n';
const ready = { node, readyFor: 50 };

describe('of two Pods, the first goes before the second', () => {
  test.each<[string, Sample, Sample]>([
    ['not assigned', { phase: 'Running', readyFor: 50 }, { node, phase: 'Pending' }],
    ['pending', { node, phase: 'Pending', readyFor: 50 }, { node, phase: 'Unknown' }],
    ['unknown', { node, phase: 'Unknown', readyFor: 50 }, { node }],
    ['not ready', { node, cost: '9' }, { ...ready, cost: '-9' }],
    ['cheap', { ...ready, cost: '1' }, { ...ready, cost: '2' }],
    ['negative cost', { ...ready, cost: '-1' }, ready],
    ['ready for a shorter time', { node, readyFor: 1 }, { node, readyFor: 50 }],
    ['restarted more often', { ...ready, restarts: 3 }, { ...ready, restarts: 1 }],
    ['younger', { ...ready, age: 60 }, { ...ready, age: 6000 }],
    // Ages of the same order of magnitude do not count: then the uid decides.
    ['of about the same age', { ...ready, age: 60 }, { ...ready, age: 61 }],
  ])('%s', (_, first, second) => {
    const a = pod('a', first);
    const b = pod('b', second);
    for (const pods of [
      [a, b],
      [b, a],
    ])
      expect(inDeletionOrder(pods, () => 0, now).map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  test('the one with more of its kind on its node', () => {
    const pods = [pod('a', { ...ready, node: 'lonely' }), pod('b', { ...ready, node: 'crowded' })];
    const rankOf = ({ spec }: PodState) => (spec?.nodeName === 'crowded' ? 2 : 1);
    expect(inDeletionOrder(pods, rankOf, now).map(({ metadata }) => metadata.name)).toEqual(['b', 'a']);
  });
});

test.each([
  ['7', 7],
  ['-7', -7],
  ['+7', 0],
  ['07', 0],
  ['7.5', 0],
  ['x', 0],
  ['99999999999', 0],
])('the cost %s is %d', (text, cost) => expect(podDeletionCost(pod('a', { cost: text }))).toBe(cost));

test.each([
  [undefined, 0, false, undefined],
  [0, 0, true, undefined],
  [10, 30, false, 20_000],
  [30, 30, true, undefined],
  [31, 30, true, undefined],
])('ready for %s s of %d: available %s, looked at again in %s ms', (readyFor, minReadySeconds, available, next) => {
  const sample = pod('a', readyFor === undefined ? { node } : { node, readyFor });
  expect(isPodAvailable(sample, minReadySeconds, now)).toBe(available);
  expect(nextAvailabilityCheckMs([sample], minReadySeconds, now)).toBe(next);
});
