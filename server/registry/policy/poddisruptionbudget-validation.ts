import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validatePodDisruptionBudget(_object: KubeObject): FieldError[] {
  return [];
}

export function validatePodDisruptionBudgetStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validatePodDisruptionBudgetUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
