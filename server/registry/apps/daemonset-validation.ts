// DaemonSet (pkg/apis/apps/validation ValidateDaemonSetSpec and ValidateDaemonSetStatusUpdate).
import { type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField, validateLabelSelector } from '../../../apimachinery/validation.ts';
import { checkAtMostWhole, checkPositiveIntOrPercent, intOrPercentValue } from '../core/int-or-percent.ts';
import { internalForm, sorted } from '../core/internal-form.ts';
import { validatePodTemplateSpec } from '../core/podspec-validation.ts';
import {
  checkAlwaysRestarts,
  checkCounts,
  checkNotDecremented,
  isEmptySelector,
  selectorMismatch,
  selectsTemplate,
} from '../core/workload-validation.ts';
import type { Fields } from '../fields.ts';

export function validateDaemonSet(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const template = (spec['template'] ?? {}) as Fields;
  const selector = spec['selector'] as Fields | null | undefined;
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (selectsTemplate(selector, template) === false)
    errors.push(invalid('spec.template.metadata.labels', sorted(template['metadata']?.labels), selectorMismatch));
  if (selector && isEmptySelector(selector))
    errors.push(invalid('spec.selector', selector, 'empty selector is invalid for daemonset'));
  errors.push(...validatePodTemplateSpec(template, 'spec.template'));
  checkAlwaysRestarts(template, 'DaemonSet', 'spec.template', errors);
  checkCounts(spec, ['minReadySeconds'], 'spec', errors);
  checkStrategy((spec['updateStrategy'] ?? {}) as Fields, errors);
  checkCounts(spec, ['revisionHistoryLimit'], 'spec', errors);
  return errors;
}

export function validateDaemonSetUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateImmutableField(object['spec']?.selector, old['spec']?.selector, 'spec.selector');
  errors.push(...validateDaemonSet(object));
  return errors;
}

function checkStrategy(strategy: Fields, errors: FieldError[]): void {
  const path = 'spec.updateStrategy';
  const rollingUpdate = strategy['rollingUpdate'] as Fields | null | undefined;
  if (strategy['type'] === 'OnDelete') return;
  if (strategy['type'] !== 'RollingUpdate') {
    const value = internalForm(strategy, { type: '', rollingUpdate: null });
    if (rollingUpdate) value['RollingUpdate'] = internalForm(rollingUpdate, { maxUnavailable: 0, maxSurge: 0 });
    errors.push(notSupported(path, value, ['RollingUpdate', 'OnDelete']));
  } else if (!rollingUpdate) {
    errors.push(required(`${path}.rollingUpdate`));
  } else {
    checkRollingUpdate(rollingUpdate, `${path}.rollingUpdate`, errors);
  }
}

/** One of the two is not zero, and only one. */
function checkRollingUpdate({ maxUnavailable, maxSurge }: Fields, path: string, errors: FieldError[]): void {
  checkPositiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  checkPositiveIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  checkAtMostWhole(maxUnavailable, `${path}.maxUnavailable`, errors);
  checkAtMostWhole(maxSurge, `${path}.maxSurge`, errors);
  const hasUnavailable = intOrPercentValue(maxUnavailable) !== 0;
  const hasSurge = intOrPercentValue(maxSurge) !== 0;
  if (hasUnavailable && hasSurge)
    errors.push(invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!hasUnavailable && !hasSurge) errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
}

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
];

export function validateDaemonSetStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const status = (object['status'] ?? {}) as Fields;
  checkCounts(status, counts, 'status', errors);
  checkNotDecremented(status, (old['status'] ?? {}) as Fields, errors);
  return errors;
}
