import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateStatefulSet(_object: KubeObject): FieldError[] {
  return [];
}

export function validateStatefulSetStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateStatefulSetUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
