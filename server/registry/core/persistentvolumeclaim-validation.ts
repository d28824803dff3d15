import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateClaim(_object: KubeObject): FieldError[] {
  return [];
}

export function validateClaimStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateClaimUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
