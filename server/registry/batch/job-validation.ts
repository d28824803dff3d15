import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateJob(_object: KubeObject): FieldError[] {
  return [];
}

export function validateJobUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
