import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateCronJob(_object: KubeObject): FieldError[] {
  return [];
}

export function validateCronJobUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
