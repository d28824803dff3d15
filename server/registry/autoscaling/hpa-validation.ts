// HorizontalPodAutoscaler (pkg/apis/autoscaling/validation ValidateHorizontalPodAutoscaler; pkg/registry/autoscaling/
// horizontalpodautoscaler validationOptionsForHorizontalPodAutoscaler).
import { type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { quantityOf } from '../../../apimachinery/quantity.ts';
import { checkNonnegativeQuantity } from '../core/resource-validation.ts';
import { checkCounts } from '../core/workload-validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { apiVersionProblem, checkMetrics, checkReference, type ReferenceRules } from './metric-validation.ts';

const maxPeriodSeconds = 1800;
const maxStabilizationWindowSeconds = 3600;
const selectPolicies = ['Disabled', 'Max', 'Min'];
const policyTypes = ['Percent', 'Pods'];

/** `old` is undefined on create. Both in the stored form (v2). */
export function validateHorizontalPodAutoscaler(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  const oldSpec = old === undefined ? undefined : ((old['spec'] ?? {}) as Fields);
  checkReplicas(spec, oldSpec, errors);
  checkReference(spec['scaleTargetRef'] ?? {}, targetRules(spec, oldSpec), 'spec.scaleTargetRef', errors);
  checkMetrics(spec, metricRules(oldSpec), errors);
  for (const direction of ['scaleUp', 'scaleDown']) {
    const scalingRules = spec['behavior']?.[direction] as Fields | null | undefined;
    if (scalingRules) checkScalingRules(scalingRules, `spec.behavior.${direction}`, errors);
  }
  return errors;
}

function checkReplicas(spec: Fields, old: Fields | undefined, errors: FieldError[]): void {
  const path = 'spec.maxReplicas';
  const min = (spec['minReplicas'] ?? undefined) as number | undefined;
  const max = (spec['maxReplicas'] ?? 0) as number;
  // Scaling to zero is an alpha feature upstream; what was stored with it stays valid.
  const lowest = old?.['minReplicas'] === 0 ? 0 : 1;
  if (min !== undefined && min < lowest)
    errors.push(invalid('spec.minReplicas', min, `must be greater than or equal to ${lowest}`));
  if (max === 0) errors.push(required(path, 'must be set and greater than 0'));
  else if (max < 0) errors.push(invalid(path, max, 'must be greater than or equal to 1'));
  if (min !== undefined && max < min) errors.push(invalid(path, max, 'must be greater than or equal to `minReplicas`'));
}

/** Only ReplicationControllers are scalable without a group, and a reference that does not change is left alone. */
function targetRules(spec: Fields, old: Fields | undefined): ReferenceRules {
  const target = (spec['scaleTargetRef'] ?? {}) as Fields;
  const oldTarget = (old?.['scaleTargetRef'] ?? {}) as Fields;
  const isSame =
    old !== undefined &&
    (target['apiVersion'] ?? '') === (oldTarget['apiVersion'] ?? '') &&
    (target['kind'] ?? '') === (oldTarget['kind'] ?? '');
  return { allowInvalid: isSame, allowEmptyGroup: !isSame && target['kind'] === 'ReplicationController' };
}

function metricRules(old: Fields | undefined): ReferenceRules {
  const rules = { allowInvalid: false, allowEmptyGroup: true };
  const isBroken = listOf(old?.['metrics']).some(
    ({ type, object }) =>
      type === 'Object' && object && apiVersionProblem(object.describedObject?.apiVersion ?? '', rules) !== undefined,
  );
  return { ...rules, allowInvalid: isBroken };
}

function checkScalingRules(rules: Fields, path: string, errors: FieldError[]): void {
  const window = rules['stabilizationWindowSeconds'] as number | null | undefined;
  const windowPath = `${path}.stabilizationWindowSeconds`;
  const policy = (rules['selectPolicy'] ?? undefined) as string | undefined;
  if (window && window < 0) errors.push(invalid(windowPath, window, 'must be greater than or equal to zero'));
  if (window && window > maxStabilizationWindowSeconds)
    errors.push(invalid(windowPath, window, `must be less than or equal to ${maxStabilizationWindowSeconds}`));
  if (policy !== undefined && !selectPolicies.includes(policy))
    errors.push(notSupported(`${path}.selectPolicy`, policy, selectPolicies));
  if (listOf(rules['policies']).length === 0)
    errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  listOf(rules['policies']).forEach((scalingPolicy, index) => {
    checkScalingPolicy(scalingPolicy, `${path}.policies[${index}]`, errors);
  });
  if (rules['tolerance'] !== undefined && rules['tolerance'] !== null)
    checkNonnegativeQuantity(quantityOf(rules['tolerance']), `${path}.tolerance`, errors);
}

function checkScalingPolicy(policy: Fields, path: string, errors: FieldError[]): void {
  const { type = '', value = 0, periodSeconds = 0 } = policy;
  if (!policyTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, policyTypes));
  if (value <= 0) errors.push(invalid(`${path}.value`, value, 'must be greater than zero'));
  if (periodSeconds <= 0) errors.push(invalid(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero'));
  if (periodSeconds > maxPeriodSeconds)
    errors.push(invalid(`${path}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`));
}

export function validateHorizontalPodAutoscalerStatusUpdate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  checkCounts((object['status'] ?? {}) as Fields, ['currentReplicas', 'desiredReplicas'], 'status', errors);
  return errors;
}
