// What is done about the Pods of a daemon set, as tables (pkg/controller/daemon/daemon_controller_test.go, update_test.go).
import { expect, test } from '@jest/globals';
import type { DaemonSet, Node, Pod } from '../../client/kinds.ts';
import { placementOf } from './daemon-pods.ts';
import { type DaemonState, placementPlan, updatePlan } from './plan.ts';

function stateOf(
  nodes: Readonly<Record<string, string>>,
  rollingUpdate: object,
  taints: Readonly<Record<string, string>> = {},
): DaemonState {
  const set: DaemonSet = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'ds', namespace: 'default', uid: 'ds' },
    spec: {
      selector: {},
      template: { spec: { containers: [] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate },
    },
  };
  const nodeList = Object.keys(nodes).map((name): Node => {
    const effect = taints[name];
    const spec = effect === undefined ? {} : { taints: [{ key: 'k', effect }] };
    return { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name }, spec };
  });
  const pods = new Map(
    Object.entries(nodes)
      .filter(([, letters]) => letters !== '')
      .map(([node, letters]) => [node, [...letters].map((letter, index) => podOf(node, letter, index))]),
  );
  return { set, nodes: nodeList, pods, placement: placementOf(set), hash: 'new', nowMs: 0 };
}

/** Of a Pod: `o` old, `n` new, `f` failed; upper case where it is available. */
function podOf(node: string, letter: string, index: number): Pod {
  const isNew = letter.toLowerCase() === 'n';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${node}-${letter}${index}`,
      namespace: 'default',
      uid: `${node}-${index}`,
      creationTimestamp: `2026-01-01T00:00:0${index}Z`,
      labels: { 'controller-revision-hash': isNew ? 'new' : 'old' },
    },
    spec: { containers: [], nodeName: node },
    status: {
      phase: letter === 'f' ? 'Failed' : 'Running',
      conditions: letter === letter.toUpperCase() ? [{ type: 'Ready', status: 'True' }] : [],
    },
  };
}

const surge = { maxSurge: 1, maxUnavailable: 0 };

test.each<[string, Record<string, string>, object, Record<string, string>, string, string]>([
  ['each node gets one', { a: '', b: 'N' }, {}, {}, 'a', ''],
  ['of several the first stays', { a: 'NNN' }, {}, {}, '', 'a-N1,a-N2'],
  ['one that failed goes, and its successor comes after', { a: 'f' }, {}, {}, '', 'a-f0'],
  ['not where it may not be scheduled', { a: '', b: 'N' }, {}, { a: 'NoSchedule', b: 'NoSchedule' }, '', ''],
  ['not where it may not stay', { a: 'N' }, {}, { a: 'NoExecute' }, '', 'a-N0'],
  ['a surge keeps both', { a: 'On' }, surge, {}, '', ''],
  ['until the new one is available', { a: 'ON' }, surge, {}, '', 'a-O0'],
  ['or the old one is broken', { a: 'on' }, surge, {}, '', 'a-o0'],
  ['but never three', { a: 'OnnO' }, surge, {}, '', 'a-n2,a-O3'],
])('placement: %s', (_, nodes, rollingUpdate, taints, create, removed) => {
  const plan = placementPlan(stateOf(nodes, rollingUpdate, taints), () => 'replace');
  expect([plan.create.join(), plan.delete.map(({ metadata }) => metadata.name).join()]).toEqual([create, removed]);
});

test('a Pod that failed waits while it is backed off', () => {
  expect(placementPlan(stateOf({ a: 'f' }, {}), () => 'wait')).toEqual({ create: [], delete: [] });
});

test.each<[string, Record<string, string>, object, Record<string, string>, string, string]>([
  ['one at a time', { a: 'O', b: 'O', c: 'O' }, { maxUnavailable: 1 }, {}, '', 'a-O0'],
  ['percentages are rounded up', { a: 'O', b: 'O', c: 'O' }, { maxUnavailable: '50%' }, {}, '', 'a-O0,b-O0'],
  ['not while another is away', { a: 'n', b: 'O', c: 'O' }, { maxUnavailable: 1 }, {}, '', ''],
  ['a node without a Pod counts as away', { a: '', b: 'O', c: 'O' }, { maxUnavailable: 1 }, {}, '', ''],
  ['those that do no work go at once', { a: 'o', b: 'o', c: 'O' }, { maxUnavailable: 1 }, {}, '', 'a-o0,b-o0'],
  ['a surge makes new ones beside', { a: 'O', b: 'O' }, surge, {}, 'a', ''],
  ['as many as it may', { a: 'On', b: 'O' }, surge, {}, '', ''],
  ['old ones go when new ones work', { a: 'ON', b: 'O' }, surge, {}, 'b', 'a-O0'],
  ['at once beside those that do no work', { a: 'o', b: 'O' }, surge, {}, 'a,b', ''],
  [
    'where it does not belong it goes, while enough are there',
    { a: 'O', b: 'N' },
    surge,
    { a: 'NoSchedule' },
    '',
    'a-O0',
  ],
])('update: %s', (_, nodes, rollingUpdate, taints, create, removed) => {
  const plan = updatePlan(stateOf(nodes, rollingUpdate, taints));
  expect([plan.create.join(), plan.delete.map(({ metadata }) => metadata.name).join()]).toEqual([create, removed]);
});
