import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateFinalize(_object: KubeObject): FieldError[] {
  return [];
}

export function validateNamespace(_object: KubeObject): FieldError[] {
  return [];
}

export function validateNamespaceStatus(_object: KubeObject): FieldError[] {
  return [];
}
