// Namespaces (pkg/apis/core/validation ValidateNamespace and its like).
import { type FieldError, invalid } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateFinalizerName } from '../../../apimachinery/validation.ts';

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

function finalizerErrors(name: string, path: string): FieldError[] {
  const errors = validateFinalizerName(name, path);
  if (!name.includes('/') && !standardFinalizers.includes(name)) {
    errors.push(invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified'));
  }
  return errors;
}

function finalizersOf(object: KubeObject): string[] {
  return (object['spec']?.finalizers ?? []) as string[];
}

export function validateNamespace(object: KubeObject): FieldError[] {
  return finalizersOf(object).flatMap((name) => finalizerErrors(name, 'spec.finalizers'));
}

/** The finalize subresource. */
export function validateFinalize(object: KubeObject): FieldError[] {
  return finalizersOf(object).flatMap((name, i) => finalizerErrors(name, `spec.finalizers[${i}]`));
}

/** The phase says whether the namespace is being deleted. */
export function validateNamespaceStatus(object: KubeObject): FieldError[] {
  const phase = (object['status']?.phase ?? '') as string;
  if (object.metadata.deletionTimestamp === undefined) {
    if (phase === 'Active') return [];
    return [invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  }
  if (phase === 'Terminating') return [];
  return [invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
}
