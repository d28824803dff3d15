import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { decideEviction } from './eviction.ts';

const now = '2026-01-01T00:00:00Z';
const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

function podWith(status: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: {},
    status,
  } as KubeObject;
}

function budgetWith(status: object, spec: object = {}): KubeObject {
  const metadata = { name: 'b', namespace: 'default', generation: 1 };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec, status } as KubeObject;
}

test('without a budget, and once it is finished, a pod goes', () => {
  expect(decideEviction(podWith(ready), [], now)).toMatchObject({ action: 'delete' });
  const budget = budgetWith({ observedGeneration: 1, disruptionsAllowed: 0 });
  expect(decideEviction(podWith({ phase: 'Succeeded' }), [budget], now)).toMatchObject({ action: 'delete' });
});

test('a budget that has room is used up by one', () => {
  const budget = budgetWith({ observedGeneration: 1, disruptionsAllowed: 2, desiredHealthy: 1, currentHealthy: 3 });
  const decision = decideEviction(podWith(ready), [budget], now);
  expect(decision).toMatchObject({
    action: 'decrement',
    budget: { status: { disruptionsAllowed: 1, disruptedPods: { p: now } } },
  });
});

test('a budget without room refuses', () => {
  const budget = budgetWith({ observedGeneration: 1, disruptionsAllowed: 0, desiredHealthy: 2, currentHealthy: 2 });
  expect(() => decideEviction(podWith(ready), [budget], now)).toThrow(
    "Cannot evict pod as it would violate the pod's disruption budget.",
  );
});

test('two budgets are too many', () => {
  const budget = budgetWith({ observedGeneration: 1, disruptionsAllowed: 1 });
  expect(() => decideEviction(podWith(ready), [budget, budget], now)).toThrow('more than one PodDisruptionBudget');
});
