import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateService(_object: KubeObject): FieldError[] {
  return [];
}

export function validateServiceStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateServiceUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
