import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateHorizontalPodAutoscaler(_object: KubeObject, _old: KubeObject | undefined): FieldError[] {
  return [];
}

export function validateHorizontalPodAutoscalerStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
