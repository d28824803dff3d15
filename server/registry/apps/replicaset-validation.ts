import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateReplicaSet(_object: KubeObject): FieldError[] {
  return [];
}

export function validateReplicaSetStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateReplicaSetUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
