// The rules of rollouts, as tables: fenceposts, shares, revisions, progress (pkg/controller/deployment/util/deployment_util_test.go).
import { describe, expect, test } from '@jest/globals';
import { timestamp } from '../../client/clock.ts';
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import { lastRevision, maxReplicasAnnotation, newReplicaSetAnnotations, revisionAnnotation } from './annotations.ts';
import { deadlineCheckMs, isComplete, isProgressing, rolloutStatus } from './deployment-status.ts';
import { newReplicaSet } from './new-replica-set.ts';
import { proportionalSizes } from './proportions.ts';
import { findActiveOrLatest, findNewReplicaSet } from './replica-sets.ts';
import { maxUnavailable, newReplicaSetReplicas, resolveFenceposts } from './strategy.ts';

const now = Date.UTC(2026, 0, 1);

function deploymentOf(replicas: number, spec: object = {}, status: object = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', uid: 'd', generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: 600,
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'new' }] } },
      ...spec,
    },
    status,
  };
}

function setOf(
  name: string,
  replicas: number,
  more: { max?: number; image?: string; revision?: number; status?: object } = {},
): ReplicaSet {
  const { max, image = name, revision, status = {} } = more;
  const labels = { app: 'web', 'pod-template-hash': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      creationTimestamp: `2026-01-01T00:00:0${name.length}Z`,
      annotations: {
        ...(max === undefined ? {} : { [maxReplicasAnnotation]: String(max) }),
        ...(revision === undefined ? {} : { [revisionAnnotation]: String(revision) }),
      },
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } },
    },
    status: { replicas, ...status },
  };
}

test.each([
  ['0', '0%', 0, 0, 1],
  ['25%', '25%', 10, 3, 2],
  ['25%', '25%', 1, 1, 0],
  [2, '1%', 10, 2, 0],
  [0, 3, 10, 0, 3],
])('maxSurge %s and maxUnavailable %s of %d', (surge, unavailable, replicas, wantSurge, wantUnavailable) => {
  const value = surge === '0' ? 0 : surge;
  expect(resolveFenceposts(value, unavailable, replicas)).toEqual({ surge: wantSurge, unavailable: wantUnavailable });
});

test('no more than all may be unavailable', () => {
  const rollingUpdate = { maxSurge: 0, maxUnavailable: 9 };
  expect(maxUnavailable(deploymentOf(3, { strategy: { type: 'RollingUpdate', rollingUpdate } }))).toBe(3);
  expect(maxUnavailable(deploymentOf(3, { strategy: { type: 'Recreate' } }))).toBe(0);
});

test.each([
  // replicas, surge, old and new replicas, wanted new replicas
  [10, 2, 10, 0, 2],
  [10, 2, 8, 2, 4],
  [10, 2, 0, 10, 10],
  [10, 0, 10, 0, 0],
  [10, 5, 10, 5, 5],
])('%d replicas with a surge of %d, %d old and %d new: %d new', (replicas, maxSurge, old, size, wanted) => {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 1 } };
  const sets = [setOf('old', old), setOf('new', size)];
  expect(newReplicaSetReplicas(deploymentOf(replicas, { strategy }), sets, size)).toBe(wanted);
});

describe('scaling in the middle of a rollout', () => {
  test.each([
    // From upstream's TestScale: replicas before and after, sizes before and after (new first).
    [10, 12, 0, [5, 5], [6, 6]],
    [10, 5, 0, [5, 5], [3, 2]],
    [10, 20, 0, [3, 2, 5], [6, 4, 10]],
    [10, 20, 2, [6, 6], [11, 11]],
    [10, 0, 0, [4, 6], [0, 0]],
  ])('%d to %d with a surge of %d: %j becomes %j', (before, after, maxSurge, sizes, wanted) => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 1 } };
    const deployment = deploymentOf(after, { strategy });
    const names = ['a', 'bb', 'ccc'];
    const sets = sizes.map((size, index) => setOf(names[index]!, size, { max: before + maxSurge }));
    const scaled = proportionalSizes(deployment, sets);
    const total = wanted.reduce((sum, size) => sum + size, 0);
    expect(scaled.reduce((sum, { replicas }) => sum + replicas, 0)).toBe(total);
    const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
    expect(sorted(scaled.map(({ replicas }) => replicas))).toEqual(sorted(wanted));
  });
});

describe('revisions', () => {
  const revisionHistory = 'deployment.kubernetes.io/revision-history';

  test.each([
    [undefined, 3, { [revisionAnnotation]: '3' }],
    [{ [revisionAnnotation]: '1' }, 3, { [revisionAnnotation]: '3', [revisionHistory]: '1' }],
    [{ [revisionAnnotation]: '3', [revisionHistory]: '1' }, 5, { [revisionAnnotation]: '5', [revisionHistory]: '1,3' }],
    [{ [revisionAnnotation]: '5' }, 5, { [revisionAnnotation]: '5' }],
    [{ [revisionAnnotation]: 'x' }, 5, { [revisionAnnotation]: 'x' }],
  ])('%j at %d', (present, revision, wanted) => {
    expect(newReplicaSetAnnotations(deploymentOf(1), present as Record<string, string> | undefined, revision)).toEqual(
      wanted,
    );
  });

  test('the list of old ones does not grow beyond its limit', () => {
    const history = Array.from({ length: 500 }, (_, index) => 1000 + index)
      .join(',')
      .slice(0, 1999);
    const present = { [revisionAnnotation]: '1500', [revisionHistory]: history };
    const grown = newReplicaSetAnnotations(deploymentOf(1), present, 1501)[revisionHistory]!;
    expect(grown.length).toBeLessThanOrEqual(2000);
    expect(grown.endsWith(',1500')).toBe(true);
    expect(grown.startsWith('1000,')).toBe(false);
  });

  test('the last revision is the second highest', () => {
    expect(lastRevision([])).toBe(0);
    expect(lastRevision([setOf('a', 0, { revision: 4 })])).toBe(0);
    expect(lastRevision([2, 4, 3].map((revision) => setOf('a', 0, { revision })))).toBe(3);
  });
});

test('the ReplicaSet of a template is the oldest that has it, hashes apart', () => {
  const [old, twin, other] = [setOf('a', 0, { image: 'new' }), setOf('bb', 0, { image: 'new' }), setOf('ccc', 3)];
  expect(findNewReplicaSet(deploymentOf(1), [other!, twin!, old!])).toBe(old);
  expect(findActiveOrLatest(undefined, [old!, twin!, other!])).toBe(other);
  expect(findActiveOrLatest(undefined, [old!, twin!])).toBe(twin);
  expect(findActiveOrLatest(old, [setOf('x', 1), setOf('y', 1)])).toBeUndefined();
});

test('a long name leaves room for the hash', () => {
  const deployment = deploymentOf(1);
  deployment.metadata.name = 'n'.repeat(253);
  const { metadata } = newReplicaSet(deployment, [], 1);
  expect(metadata.name).toHaveLength(253);
  expect(metadata.name!.endsWith(`-${metadata.labels!['pod-template-hash']}`)).toBe(true);
});

describe('progress', () => {
  const done = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, observedGeneration: 1 };

  test.each([
    [done, true],
    [{ ...done, replicas: 3 }, false],
    [{ ...done, updatedReplicas: 1 }, false],
    [{ ...done, availableReplicas: 1 }, false],
    [{ ...done, observedGeneration: 0 }, false],
  ])('%j is complete: %s', (status, complete) => expect(isComplete(deploymentOf(2), status)).toBe(complete));

  test.each([
    [{ updatedReplicas: 1 }, { updatedReplicas: 2 }, true],
    [{ replicas: 5, updatedReplicas: 1 }, { replicas: 4, updatedReplicas: 1 }, true],
    [{ readyReplicas: 1 }, { readyReplicas: 2 }, true],
    [{ availableReplicas: 1 }, { availableReplicas: 2 }, true],
    [{ availableReplicas: 2 }, { availableReplicas: 1 }, false],
    [{}, {}, false],
  ])('%j to %j is progress: %s', (before, after, progress) =>
    expect(isProgressing(deploymentOf(2, {}, before), after)).toBe(progress),
  );

  test('the deadline is measured from the last progress', () => {
    const condition = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' };
    const at = (agoMs: number) => ({ conditions: [{ ...condition, lastUpdateTime: timestamp(now - agoMs) }] });
    const sets = { newSet: setOf('young', 2), old: [] };
    const silentFor = (agoMs: number) =>
      deploymentOf(2, {}, { replicas: 2, updatedReplicas: 2, unavailableReplicas: 2, ...at(agoMs) });
    const reason = (agoMs: number) =>
      rolloutStatus(silentFor(agoMs), sets, now).conditions?.find(({ type }) => type === 'Progressing')?.reason;
    expect(reason(600_000)).toBe('ReplicaSetUpdated');
    expect(reason(601_000)).toBe('ProgressDeadlineExceeded');
    expect(deadlineCheckMs(silentFor(200_000), {}, now)).toBe(401_000);
    const without = deploymentOf(2, { progressDeadlineSeconds: 2147483647 }, at(200_000));
    expect(deadlineCheckMs(without, {}, now)).toBeUndefined();
    expect(rolloutStatus(without, sets, now).conditions?.map(({ type }) => type)).toEqual(['Available']);
  });
});
