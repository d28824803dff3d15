// Whom to evict: cases of upstream's tables (defaultpreemption/default_preemption_test.go).
import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../../client/kinds.ts';
import { defaultPluginArgs } from '../../config/plugin-args.ts';
import type { Victims } from '../../extender.ts';
import { CycleState } from '../../framework/cycle-state.ts';
import { PodInfo } from '../../framework/pod-info.ts';
import { cacheOf, node, pod } from '../../testing/fixtures.ts';
import { nodeResourcesFit } from '../node-resources-fit.ts';
import { candidateCount } from './default-preemption.ts';
import { type Budget, budgetsOf, pickNode, selectVictims } from './victims.ts';

const now = Date.UTC(2026, 0, 1);
const fit = nodeResourcesFit(defaultPluginArgs.NodeResourcesFit);
const handle = {
  filterWithNominatedPods: (state: CycleState, subject: PodInfo, on: Parameters<NonNullable<typeof fit.filter>>[2]) =>
    fit.filter!(state, subject, on),
  podAdded: () => undefined,
  podRemoved: () => undefined,
};
const running = (name: string, cpu: string, priority: number, more: object = {}) =>
  pod(name, { node: 'n', requests: { cpu }, priority, startMs: now - 1000, ...more });

function victims(preemptor: Pod, others: Pod[], budgets: Budget[] = []) {
  const info = new PodInfo(preemptor);
  const state = new CycleState();
  const on = cacheOf([node('n', { allocatable: { cpu: '4' } })], others).get('n')!;
  fit.preFilter!(state, info, [on]);
  const result = selectVictims(handle, state, info, on, budgets, now);
  if ('status' in result) return `${result.status.code}: ${result.status.message}`;
  const { pods, pdbViolations } = result.victims;
  return [pods.map(({ metadata }) => metadata.name), pdbViolations];
}

describe('the victims of a node', () => {
  const high = (cpu: string) => pod('high', { requests: { cpu }, priority: 100 });
  const budget = (allowed: number, labels: Record<string, string>) =>
    budgetsOf([
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'b', namespace: 'default', uid: 'b' },
        spec: { selector: { matchLabels: labels } },
        status: { disruptionsAllowed: allowed },
      } as never,
    ]);
  const app = { labels: { app: 'foo' } };
  test.each<[string, Pod, Pod[], Budget[], unknown]>([
    [
      'nobody is less important',
      high('4'),
      [running('a', '2', 100)],
      [],
      'UnschedulableAndUnresolvable: No preemption victims found for incoming pod',
    ],
    [
      'does not fit even then',
      high('4'),
      [running('a', '1', 1), running('b', '1', 200)],
      [],
      'Unschedulable: Insufficient cpu',
    ],
    ['as few as needed', high('2'), [running('a', '2', 1), running('b', '2', 2)], [], [['a'], 0]],
    [
      'the least important',
      high('1'),
      [running('a', '2', 50), running('b', '1', 1), running('c', '1', 20)],
      [],
      [['b'], 0],
    ],
    [
      'of equals the one that has run shorter',
      high('2'),
      [running('old', '2', 1, { startMs: now - 5000 }), running('new', '2', 1)],
      [],
      [['new'], 0],
    ],
    ['all in order of importance', high('4'), [running('a', '2', 1), running('b', '2', 2)], [], [['b', 'a'], 0]],
    [
      'one whose budget would break is spared',
      high('2'),
      [running('a', '2', 1, app), running('b', '2', 2)],
      budget(0, { app: 'foo' }),
      [['b'], 0],
    ],
    [
      'where there is no other way it is not',
      high('4'),
      [running('a', '2', 1, app), running('b', '2', 2, app)],
      budget(1, { app: 'foo' }),
      [['b', 'a'], 1],
    ],
    [
      'a budget that allows it',
      high('2'),
      [running('a', '2', 1, app), running('b', '2', 2)],
      budget(1, { app: 'foo' }),
      [['a'], 0],
    ],
  ])('%s', (_, preemptor, others, budgets, wanted) => expect(victims(preemptor, others, budgets)).toEqual(wanted));
});

describe('the best node', () => {
  const of = (pdbViolations: number, ...pods: [number, number?][]): Victims => ({
    pdbViolations,
    pods: pods.map(([priority, startedAgoMs = 1000], i) =>
      running(`v${i}`, '1', priority, { startMs: now - startedAgoMs }),
    ),
  });
  test.each<[string, Record<string, Victims>, string]>([
    ['fewest budgets broken', { a: of(1, [1]), b: of(0, [50]) }, 'b'],
    ['least important most important victim', { a: of(0, [10], [1]), b: of(0, [5], [5]) }, 'b'],
    ['smallest sum of priorities', { a: of(0, [10], [9]), b: of(0, [10], [1]) }, 'b'],
    ['few victims of negative priority', { a: of(0, [-5], [-5]), b: of(0, [-5]) }, 'b'],
    ['latest start', { a: of(0, [10, 9000]), b: of(0, [10, 100]), c: of(0, [10, 5000]) }, 'b'],
    ['the first of equals', { a: of(0, [10]), b: of(0, [10]) }, 'a'],
  ])('%s', (_, candidates, wanted) => expect(pickNode(new Map(Object.entries(candidates)), now)).toBe(wanted));
});

test.each([
  [5000, 500],
  [100, 100],
  [50, 50],
  [1500, 150],
])('of %i nodes %i are looked at', (nodes, wanted) => {
  expect(candidateCount(defaultPluginArgs.DefaultPreemption, nodes)).toBe(wanted);
});
