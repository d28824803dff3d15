// Which Pods of a stateful set are replaced next, and who owns its claims, as tables
// (pkg/controller/statefulset/stateful_set_control_test.go, stateful_set_utils_test.go).
import { describe, expect, test } from '@jest/globals';
import type { PersistentVolumeClaim, StatefulSet } from '../../client/kinds.ts';
import { type Replica, startOrdinal } from './identity.ts';
import { hasUnexpectedController, isOwnerUpToDate, isStaleFor, wantedReferences } from './retention.ts';
import { toUpdate } from './stateful-set-status.ts';

function setOf(replicas: number, updateStrategy: object = {}, policy: object = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'ss', namespace: 'default', uid: 'set' },
    spec: {
      replicas,
      selector: {},
      serviceName: '',
      template: {},
      updateStrategy: { type: 'RollingUpdate', ...updateStrategy },
      persistentVolumeClaimRetentionPolicy: policy,
    },
  };
}

/** Of a Pod: `o` old, `n` new; upper case where it is available. */
function replicasOf(set: StatefulSet, letters: string): Replica[] {
  return [...letters].map((letter, index) => ({
    metadata: {
      name: `ss-${startOrdinal(set) + index}`,
      uid: `pod-${index}`,
      labels: { 'controller-revision-hash': letter.toLowerCase() === 'n' ? 'new' : 'old' },
    },
    spec: { containers: [] },
    status: {
      phase: 'Running',
      conditions: letter === letter.toUpperCase() ? [{ type: 'Ready', status: 'True' }] : [],
    },
  }));
}

const partition = (partition: number) => ({ rollingUpdate: { partition } });
const unavailable = (maxUnavailable: number | string, partition = 0) => ({
  rollingUpdate: { partition, maxUnavailable },
});

test.each([
  ['the highest goes first', 'OOO', {}, '2'],
  ['one at a time', 'OOn', {}, ''],
  ['the next one, once it is available', 'OON', {}, '1'],
  ['an old one that is broken is replaced', 'OOo', {}, '2'],
  ['a broken one below waits for its turn', 'oON', {}, '1'],
  ['nothing below the partition', 'OON', partition(2), ''],
  ['nothing where Pods are deleted by hand', 'OOO', { type: 'OnDelete' }, ''],
  ['nothing when all are new', 'NNN', {}, ''],
  ['as many as may be unavailable', 'OOOO', unavailable(2), '3,2'],
  ['less those that are', 'OoON', unavailable(2), '2'],
  ['percentages are rounded down, to one at least', 'OOOO', unavailable('30%'), '3'],
  ['down to the partition', 'OOOO', unavailable(3, 3), '3'],
])('%s', (_, letters, strategy, wanted) => {
  const set = setOf(letters.length, strategy);
  const pods = toUpdate(set, replicasOf(set, letters), 'new', 0);
  expect(pods.map(({ metadata }) => metadata.name!.slice(3)).join()).toBe(wanted);
});

describe('claims', () => {
  const setReference = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    name: 'ss',
    uid: 'set',
    controller: true,
    blockOwnerDeletion: true,
  };
  const podReference = {
    apiVersion: 'v1',
    kind: 'Pod',
    name: 'ss-0',
    uid: 'pod-0',
    controller: true,
    blockOwnerDeletion: true,
  };
  const stranger = { apiVersion: 'v1', kind: 'Other', name: 'x', uid: 'x', controller: true };
  const claimOf = (...ownerReferences: object[]): PersistentVolumeClaim =>
    ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data-ss-0', ownerReferences } }) as never;
  const [retain, remove] = ['Retain', 'Delete'];

  test.each([
    [retain, retain, 1, []],
    [remove, retain, 1, [setReference]],
    [remove, retain, 0, [setReference]],
    [retain, remove, 1, []],
    [retain, remove, 0, [podReference]],
    [remove, remove, 1, [setReference]],
    [remove, remove, 0, [podReference]],
  ])('deleted: %s, scaled: %s, of %d replicas: owners %j', (whenDeleted, whenScaled, replicas, wanted) => {
    const set = setOf(replicas, {}, { whenDeleted, whenScaled });
    const [pod] = replicasOf(set, 'N');
    for (const present of [[], [setReference], [podReference], [setReference, podReference]]) {
      const claim = claimOf(...present);
      expect(wantedReferences(claim, set, pod!)).toEqual(wanted);
      expect(isOwnerUpToDate(claim, set, pod!)).toBe(JSON.stringify(present) === JSON.stringify(wanted));
    }
  });

  test('another controller’s claim is left alone', () => {
    const set = setOf(1, {}, { whenDeleted: remove });
    const [pod] = replicasOf(set, 'N');
    expect(hasUnexpectedController(claimOf(stranger), set, pod!)).toBe(true);
    expect(isOwnerUpToDate(claimOf(stranger), set, pod!)).toBe(true);
    expect(isOwnerUpToDate(claimOf(stranger, setReference), set, pod!)).toBe(false);
    expect(wantedReferences(claimOf(stranger, setReference), set, pod!)).toEqual([stranger]);
  });

  test('a Pod does not come back while the claim of its predecessor goes', () => {
    const set = setOf(1, {}, { whenScaled: remove });
    const [pod] = replicasOf(set, 'N');
    expect(isStaleFor(claimOf({ ...podReference, uid: 'gone' }), set, pod!)).toBe(true);
    expect(isStaleFor(claimOf(podReference), set, pod!)).toBe(false);
    expect(isStaleFor(claimOf({ ...podReference, uid: 'gone' }), setOf(1), pod!)).toBe(false);
  });
});
