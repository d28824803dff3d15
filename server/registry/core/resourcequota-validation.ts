import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateResourceQuota(_object: KubeObject): FieldError[] {
  return [];
}

export function validateResourceQuotaStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateResourceQuotaUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
