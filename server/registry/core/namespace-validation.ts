// Namespaces (pkg/apis/core/validation ValidateNamespace and its like).
import { type FieldError, invalid } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateFinalizerName, validateKubeFinalizerName } from '../../../apimachinery/validation.ts';

function finalizerErrors(name: string, path: string): FieldError[] {
  return [...validateFinalizerName(name, path), ...validateKubeFinalizerName(name, path)];
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
