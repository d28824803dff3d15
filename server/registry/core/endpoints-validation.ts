import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateEndpoints(_object: KubeObject): FieldError[] {
  return [];
}

export function validateEndpointsUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
