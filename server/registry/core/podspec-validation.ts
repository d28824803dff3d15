import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { Fields } from '../fields.ts';

export function validatePod(_object: KubeObject): FieldError[] {
  return [];
}

export function validatePodTemplateSpec(_template: Fields | undefined, _path: string): FieldError[] {
  return [];
}
