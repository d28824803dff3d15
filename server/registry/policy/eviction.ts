// Whether a pod may be evicted (pkg/registry/core/pod/storage/eviction.go), as decisions on plain objects: the handler reads the
// pod and the budgets, asks here, and does what the answer says.
import type { KubeObject } from '../../../apimachinery/object.ts';
import { newForbidden, newTooManyRequests, StatusError } from '../../../apimachinery/status.ts';
import { isPodConditionTrue, updatePodCondition } from '../core/pod-conditions.ts';
import { ensure, type Fields, listOf } from '../fields.ts';

/** Budgets keep the pods they have let go by name, at most so many. */
const maxDisruptedPods = 2000;
const violation = "Cannot evict pod as it would violate the pod's disruption budget.";

export type EvictionDecision =
  /**
   * Delete the pod. With `pinResourceVersion` the delete carries the pod's resourceVersion as a precondition (unless the client
   * set one): the pod must not have become healthy meanwhile. A conflict on that is answered by `evictionConflict`.
   */
  | { action: 'delete'; pinResourceVersion: boolean; budget?: string }
  /** Write `budget` (its status changed) through its `/status`, then delete the pod. A conflict there means: decide again. */
  | { action: 'decrement'; budget: KubeObject };

/**
 * Decides the eviction of `pod`, guarded by `budgets`: those of its namespace whose selector matches it. `timestamp` is now,
 * RFC 3339. Throws the StatusError to answer where the pod must stay.
 */
export function decideEviction(pod: KubeObject, budgets: readonly KubeObject[], timestamp: string): EvictionDecision {
  if (canIgnoreBudgets(pod))
    return { action: 'delete', pinResourceVersion: pod['status']?.phase === 'Pending' && isAlive(pod) };
  if (budgets.length > 1) {
    throw new StatusError(
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const budget = budgets[0];
  if (budget === undefined) return { action: 'delete', pinResourceVersion: false };
  const status = (budget['status'] ?? {}) as Fields;
  if (!isPodConditionTrue(pod, 'Ready') && mayEvictUnhealthy(budget['spec'] ?? {}, status)) {
    return { action: 'delete', pinResourceVersion: true, budget: budget.metadata.name ?? '' };
  }
  checkDisruptionAllowed(budget, status);
  return { action: 'decrement', budget: decremented(budget, pod.metadata.name ?? '', timestamp) };
}

function isAlive(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp === undefined;
}

/** Pods that have finished, have not begun or are going already: their disruption is no news. */
function canIgnoreBudgets(pod: KubeObject): boolean {
  return ['Succeeded', 'Failed', 'Pending'].includes(pod['status']?.phase) || !isAlive(pod);
}

/** Unhealthy pods may go when the budget says always, or when enough healthy ones are left. */
function mayEvictUnhealthy(spec: Fields, status: Fields): boolean {
  if (spec['unhealthyPodEvictionPolicy'] === 'AlwaysAllow') return true;
  const desired = status['desiredHealthy'] ?? 0;
  return (status['currentHealthy'] ?? 0) >= desired && desired > 0;
}

function checkDisruptionAllowed(budget: KubeObject, status: Fields): void {
  const name = budget.metadata.name ?? '';
  const refuse = (message: string): never => {
    throw newForbidden({ group: 'policy', resource: 'poddisruptionbudget' }, name, message);
  };
  if ((status['observedGeneration'] ?? 0) < (budget.metadata.generation ?? 0)) throw evictionConflict(name);
  const allowed = status['disruptionsAllowed'] ?? 0;
  if (allowed < 0) refuse('pdb disruptions allowed is negative');
  if (Object.keys(status['disruptedPods'] ?? {}).length > maxDisruptedPods) {
    refuse('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (allowed === 0) throw tooManyRequests(0, refusalMessage(name, status));
}

/** The 429 for a budget whose controller has not caught up, and for a pod that changed while it was being evicted. */
export function evictionConflict(budgetName: string): StatusError {
  return tooManyRequests(10, `The disruption budget ${budgetName} is still being processed by the server.`);
}

function tooManyRequests(retryAfterSeconds: number, message: string): StatusError {
  const error = newTooManyRequests(violation, retryAfterSeconds);
  const details = { ...error.status.details };
  if (retryAfterSeconds === 0) delete details.retryAfterSeconds;
  details.causes = [{ reason: 'DisruptionBudget', message }];
  error.status.details = details;
  return error;
}

function refusalMessage(name: string, status: Fields): string {
  const condition = listOf(status['conditions']).find((c) => c['type'] === 'DisruptionAllowed');
  const isFalse = condition?.['status'] === 'False' && Boolean(condition['message']);
  if (isFalse && condition['reason'] === 'SyncFailed') {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition['message']}`;
  }
  const desired = status['desiredHealthy'] ?? 0;
  const current = status['currentHealthy'] ?? 0;
  if (current <= desired)
    return `The disruption budget ${name} needs ${desired} healthy pods and has ${current} currently`;
  if (isFalse) {
    return `The disruption budget ${name} does not allow evicting pods currently (${condition['reason']}): ${condition['message']}`;
  }
  return `The disruption budget ${name} does not allow evicting pods currently`;
}

/** A copy of the budget with one disruption less, and the pod noted so that the controller does not count it as there. */
function decremented(budget: KubeObject, podName: string, timestamp: string): KubeObject {
  const status: Fields = structuredClone(budget['status'] ?? {});
  status['disruptionsAllowed'] = (status['disruptionsAllowed'] ?? 0) - 1;
  if (status['disruptionsAllowed'] === 0) setInsufficientPods(status, budget.metadata.generation ?? 0, timestamp);
  ensure(status, 'disruptedPods')[podName] = timestamp;
  return { ...budget, metadata: { ...budget.metadata }, status };
}

function setInsufficientPods(status: Fields, generation: number, timestamp: string): void {
  const conditions = listOf(status['conditions']);
  const present = conditions.find((c) => c['type'] === 'DisruptionAllowed');
  const made: Fields = {
    lastTransitionTime: present?.['status'] === 'False' ? present['lastTransitionTime'] : timestamp,
    message: '',
    observedGeneration: generation,
    reason: 'InsufficientPods',
    status: 'False',
    type: 'DisruptionAllowed',
  };
  status['conditions'] = present ? conditions.map((c) => (c === present ? made : c)) : [...conditions, made];
}

/** Marks a pod that is about to be evicted, in place; written before the delete. */
export function markEvicted(pod: KubeObject, timestamp: string): void {
  updatePodCondition(
    ensure(pod, 'status'),
    { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
    timestamp,
  );
}
