// ReplicaSet (pkg/apis/apps/validation ValidateReplicaSetSpec and ValidateReplicaSetStatus).
import { type FieldError, invalid } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import { sorted } from '../core/internal-form.ts';
import { validatePodTemplateSpec } from '../core/podspec-validation.ts';
import {
  checkAlwaysRestarts,
  checkCounts,
  checkNotMoreThan,
  checkSelector,
  selectorMismatch,
  selectsTemplate,
} from '../core/workload-validation.ts';
import type { Fields } from '../fields.ts';

export function validateReplicaSet(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  checkCounts(spec, ['replicas', 'minReadySeconds'], 'spec', errors);
  // Upstream's words for a ReplicaSet name the deployment too.
  checkSelector(spec, 'deployment', errors);
  checkSelectedTemplate(spec, errors);
  return errors;
}

export function validateReplicaSetUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateReplicaSet(object);
  errors.push(...validateImmutableField(object['spec']?.selector, old['spec']?.selector, 'spec.selector'));
  return errors;
}

/** ValidatePodTemplateSpecForReplicaSet: the template of a ReplicaSet or Deployment, where the selector can be read. */
export function checkSelectedTemplate(spec: Fields, errors: FieldError[]): void {
  const template = (spec['template'] ?? {}) as Fields;
  const selected = selectsTemplate(spec['selector'], template);
  if (selected === undefined) {
    errors.push(invalid('spec.selector', spec['selector'], 'invalid label selector'));
    return;
  }
  if (!selected)
    errors.push(invalid('spec.template.metadata.labels', sorted(template['metadata']?.labels), selectorMismatch));
  errors.push(...validatePodTemplateSpec(template, 'spec.template'));
  checkAlwaysRestarts(template, 'ReplicaSet', 'spec.template', errors);
}

const counts = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
];

export function validateReplicaSetStatusUpdate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const status = (object['status'] ?? {}) as Fields;
  checkCounts(status, counts, 'status', errors);
  const counted = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  checkNotMoreThan(status, counted, 'replicas', 'cannot be greater than status.replicas', errors);
  checkNotMoreThan(status, ['availableReplicas'], 'readyReplicas', 'cannot be greater than readyReplicas', errors);
  return errors;
}
