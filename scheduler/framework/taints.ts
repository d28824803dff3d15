// Taints of nodes and what pods tolerate (k8s.io/component-helpers/scheduling/corev1/helpers.go, api/core/v1/toleration.go).
import type { Node, Pod } from '../../client/kinds.ts';

export type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];
export type Toleration = NonNullable<NonNullable<Pod['spec']>['tolerations']>[number];

export function tolerates({ effect, key, operator, value = '' }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (operator === undefined || operator === '' || operator === 'Equal') && value === (taint.value ?? '');
}

/** The first taint that no toleration is for. */
export function untoleratedTaint(
  taints: readonly Taint[],
  tolerations: readonly Toleration[] | undefined,
): Taint | undefined {
  for (const taint of taints) {
    let tolerated = false;
    for (const toleration of tolerations ?? []) if (tolerates(toleration, taint)) tolerated = true;
    if (!tolerated) return taint;
  }
  return undefined;
}

/** The effects that keep a pod away (DoNotScheduleTaintsFilterFunc). */
export function keepsAway({ effect }: Taint): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute';
}
