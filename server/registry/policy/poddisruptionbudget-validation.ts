// PodDisruptionBudget (pkg/apis/policy/validation ValidatePodDisruptionBudgetSpec, ValidatePodDisruptionBudgetStatusUpdate).
import { type FieldError, invalid, notSupported } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateConditions, validateLabelSelector } from '../../../apimachinery/validation.ts';
import { checkAtMostWhole, checkPositiveIntOrPercent } from '../core/int-or-percent.ts';
import { internalForm } from '../core/internal-form.ts';
import { checkCounts } from '../core/workload-validation.ts';
import type { Fields } from '../fields.ts';

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];
const specZeros = { minAvailable: null, selector: null, maxUnavailable: null, unhealthyPodEvictionPolicy: null };

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export function validatePodDisruptionBudget(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  if (isSet(spec['minAvailable']) && isSet(spec['maxUnavailable'])) {
    const detail = 'minAvailable and maxUnavailable cannot be both set';
    errors.push(invalid('spec', internalForm(spec, specZeros), detail));
  }
  for (const field of ['minAvailable', 'maxUnavailable']) {
    if (!isSet(spec[field])) continue;
    checkPositiveIntOrPercent(spec[field], `spec.${field}`, errors);
    checkAtMostWhole(spec[field], `spec.${field}`, errors);
  }
  errors.push(...validateLabelSelector(spec['selector'], 'spec.selector'));
  const policy = (spec['unhealthyPodEvictionPolicy'] ?? undefined) as string | undefined;
  if (policy !== undefined && !evictionPolicies.includes(policy))
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, evictionPolicies));
  return errors;
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'];

export function validatePodDisruptionBudgetStatusUpdate(object: KubeObject): FieldError[] {
  const status = (object['status'] ?? {}) as Fields;
  const errors = validateConditions(status['conditions'], 'status.conditions');
  checkCounts(status, counts, 'status', errors);
  return errors;
}
