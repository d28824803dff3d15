import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateEphemeralContainersUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validatePodResize(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validatePodStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validatePodUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
