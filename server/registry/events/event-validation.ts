import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateCoreEvent(_object: KubeObject): FieldError[] {
  return [];
}

export function validateCoreEventUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateNewEvent(_object: KubeObject): FieldError[] {
  return [];
}

export function validateNewEventUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
