import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateDaemonSet(_object: KubeObject): FieldError[] {
  return [];
}

export function validateDaemonSetStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateDaemonSetUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
