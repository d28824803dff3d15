// Deployment (pkg/apis/apps/validation ValidateDeploymentSpec and ValidateDeploymentStatus).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import { checkNonnegative } from '../core/checks.ts';
import { checkAtMostWhole, checkPositiveIntOrPercent, intOrPercentValue } from '../core/int-or-percent.ts';
import { internalForm } from '../core/internal-form.ts';
import { checkCounts, checkNotDecremented, checkNotMoreThan, checkSelector } from '../core/workload-validation.ts';
import type { Fields } from '../fields.ts';
import { checkSelectedTemplate } from './replicaset-validation.ts';

export function validateDeployment(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  checkNonnegative(spec['replicas'], 'spec.replicas', errors);
  checkSelector(spec, 'deployment', errors);
  checkSelectedTemplate(spec, errors);
  checkStrategy((spec['strategy'] ?? {}) as Fields, errors);
  checkCounts(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'], 'spec', errors);
  const deadline = spec['progressDeadlineSeconds'] as number | null | undefined;
  if (deadline !== undefined && deadline !== null && deadline <= (spec['minReadySeconds'] ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

export function validateDeploymentUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateDeployment(object);
  errors.push(...validateImmutableField(object['spec']?.selector, old['spec']?.selector, 'spec.selector'));
  return errors;
}

function checkStrategy(strategy: Fields, errors: FieldError[]): void {
  const path = 'spec.strategy';
  const rollingUpdate = strategy['rollingUpdate'] as Fields | null | undefined;
  if (strategy['type'] === 'Recreate') {
    if (rollingUpdate)
      errors.push(forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (strategy['type'] === 'RollingUpdate') {
    if (rollingUpdate) checkRollingUpdate(rollingUpdate, `${path}.rollingUpdate`, errors);
    else errors.push(required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil'));
  } else {
    const value = internalForm(strategy, { type: '', rollingUpdate: null });
    if (rollingUpdate) value['RollingUpdate'] = internalForm(rollingUpdate, { maxUnavailable: 0, maxSurge: 0 });
    errors.push(notSupported(path, value, ['Recreate', 'RollingUpdate']));
  }
}

function checkRollingUpdate({ maxUnavailable, maxSurge }: Fields, path: string, errors: FieldError[]): void {
  checkPositiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  checkPositiveIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  checkAtMostWhole(maxUnavailable, `${path}.maxUnavailable`, errors);
}

const counts = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
];

export function validateDeploymentStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const status = (object['status'] ?? {}) as Fields;
  checkCounts(status, counts, 'status', errors);
  const counted = ['updatedReplicas', 'readyReplicas', 'availableReplicas'];
  checkNotMoreThan(status, counted, 'replicas', 'cannot be greater than status.replicas', errors);
  checkNotMoreThan(status, ['availableReplicas'], 'readyReplicas', 'cannot be greater than readyReplicas', errors);
  checkNotDecremented(status, (old['status'] ?? {}) as Fields, errors);
  return errors;
}
