// ReplicationController (pkg/apis/core/validation ValidateReplicationControllerSpec).
import { type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { Fields } from '../fields.ts';
import { sorted } from './internal-form.ts';
import { validatePodTemplateSpec } from './podspec-validation.ts';
import { checkAlwaysRestarts, checkCounts, checkNotMoreThan, selectorMismatch } from './workload-validation.ts';

export function validateReplicationController(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  const selector = (spec['selector'] ?? {}) as Record<string, string>;
  checkCounts(spec, ['minReadySeconds'], 'spec', errors);
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  checkCounts(spec, ['replicas'], 'spec', errors);
  const template = spec['template'] as Fields | null | undefined;
  if (!template) {
    errors.push(required('spec.template'));
    return errors;
  }
  const labels = template['metadata']?.labels as Record<string, string> | undefined;
  // The selector's own labels are not checked: what no label can be matches none.
  if (Object.keys(selector).some((key) => labels?.[key] !== selector[key]))
    errors.push(invalid('spec.template.metadata.labels', sorted(labels), selectorMismatch));
  errors.push(...validatePodTemplateSpec(template, 'spec.template'));
  checkAlwaysRestarts(template, 'ReplicationController', 'spec.template', errors);
  return errors;
}

const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'];

export function validateReplicationControllerStatusUpdate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const status = (object['status'] ?? {}) as Fields;
  checkCounts(status, counts, 'status', errors);
  const counted = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  checkNotMoreThan(status, counted, 'replicas', 'cannot be greater than status.replicas', errors);
  checkNotMoreThan(status, ['availableReplicas'], 'readyReplicas', 'cannot be greater than readyReplicas', errors);
  return errors;
}
