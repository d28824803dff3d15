// What a PodDisruptionBudget allows now, from its Pods and how many there should be (pkg/controller/disruption/disruption.go;
// k8s.io/component-helpers apps/poddisruptionbudget).
import { timestamp } from '../../client/clock.ts';
import type { Pod, PodDisruptionBudget } from '../../client/kinds.ts';
import { isPodReady } from '../shared/active-pods.ts';
import { scaledValue } from '../shared/int-or-string.ts';

/** How long an evicted Pod may take until it is being deleted (DeletionTimeout). */
export const deletionTimeoutMs = 120_000;
const conditionType = 'DisruptionAllowed';

export type BudgetStatus = NonNullable<PodDisruptionBudget['status']>;
type Budget = PodDisruptionBudget;
type Condition = NonNullable<BudgetStatus['conditions']>[number];

/** Whether the number of Pods that there should be has to be asked of their controllers. */
export function needsScale({ spec }: Budget): boolean {
  return spec?.maxUnavailable != null || typeof spec?.minAvailable === 'string';
}

/** How many Pods have to be healthy, of as many as are expected. Throws for text that is no percentage. */
export function desiredHealthy({ spec }: Budget, expected: number): number {
  const { maxUnavailable, minAvailable } = spec ?? {};
  if (maxUnavailable != null) return Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up'));
  return minAvailable == null ? 0 : scaledValue(minAvailable, expected, 'up');
}

export interface DisruptedPods {
  /** Evicted, and not being deleted yet: name and time. */
  remaining: Record<string, string>;
  /** Pods that should have gone by now. */
  late: Pod[];
  /** When the first of `remaining` will be late, in milliseconds since the epoch. */
  recheckMs?: number;
}

export function disruptedPods(pods: readonly Pod[], { status }: Budget, nowMs: number): DisruptedPods {
  const result: DisruptedPods = { remaining: {}, late: [] };
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const since = status?.disruptedPods?.[name];
    if (since === undefined || deletionTimestamp !== undefined) continue;
    const expectedMs = Date.parse(since) + deletionTimeoutMs;
    if (expectedMs < nowMs) result.late.push(pod);
    else {
      result.remaining[name] = since;
      result.recheckMs = Math.min(result.recheckMs ?? expectedMs, expectedMs);
    }
  }
  return result;
}

/** Ready Pods that are neither being deleted nor evicted. */
export function countHealthy(pods: readonly Pod[], disrupted: Readonly<Record<string, string>>, nowMs: number): number {
  return pods.filter((pod) => {
    const { name, deletionTimestamp } = pod.metadata;
    const since = disrupted[name];
    const evicted = since !== undefined && Date.parse(since) + deletionTimeoutMs > nowMs;
    return deletionTimestamp === undefined && !evicted && isPodReady(pod);
  }).length;
}

export interface Counts {
  currentHealthy: number;
  desiredHealthy: number;
  expectedPods: number;
  disruptedPods: Record<string, string>;
}

/** The status as it is to be; undefined where it is so already. */
export function budgetStatus({ metadata, status }: Budget, counts: Counts, nowMs: number): BudgetStatus | undefined {
  const spare = counts.currentHealthy - counts.desiredHealthy;
  const disruptionsAllowed = counts.expectedPods <= 0 || spare <= 0 ? 0 : spare;
  const observedGeneration = metadata.generation ?? 0;
  const condition = {
    type: conditionType,
    status: disruptionsAllowed > 0 ? 'True' : 'False',
    reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration,
  };
  const old = status?.conditions?.find(({ type }) => type === conditionType);
  const same =
    status !== undefined &&
    status.currentHealthy === counts.currentHealthy &&
    status.desiredHealthy === counts.desiredHealthy &&
    status.expectedPods === counts.expectedPods &&
    status.disruptionsAllowed === disruptionsAllowed &&
    status.observedGeneration === observedGeneration &&
    sameTimes(status.disruptedPods ?? {}, counts.disruptedPods) &&
    old?.status === condition.status &&
    old.reason === condition.reason;
  if (same) return undefined;
  const { disruptedPods: disrupted, ...numbers } = counts;
  return {
    ...numbers,
    disruptionsAllowed,
    observedGeneration,
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    conditions: withCondition(status?.conditions ?? [], condition, nowMs),
  };
}

/** The status of a budget that cannot be calculated: nothing is allowed. */
export function failedStatus({ status }: Budget, message: string, nowMs: number): BudgetStatus {
  const { currentHealthy = 0, desiredHealthy: desired = 0, expectedPods = 0 } = status ?? {};
  const observedGeneration = status?.observedGeneration ?? 0;
  const condition = { type: conditionType, status: 'False', reason: 'SyncFailed', message, observedGeneration };
  return {
    ...status,
    currentHealthy,
    desiredHealthy: desired,
    expectedPods,
    disruptionsAllowed: 0,
    conditions: withCondition(status?.conditions ?? [], condition, nowMs),
  };
}

/** apimeta.SetStatusCondition: the time of the last transition stays while the status does. */
function withCondition(
  conditions: readonly Condition[],
  condition: Omit<Condition, 'lastTransitionTime'>,
  nowMs: number,
): Condition[] {
  const index = conditions.findIndex(({ type }) => type === condition.type);
  const old = conditions[index];
  const stays = old !== undefined && old.status === condition.status;
  const next = { ...condition, lastTransitionTime: stays ? old.lastTransitionTime : timestamp(nowMs) };
  return old === undefined ? [...conditions, next] : conditions.with(index, next);
}

function sameTimes(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Date.parse(a[name]!) === Date.parse(b[name]!));
}
