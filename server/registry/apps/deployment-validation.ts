import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateDeployment(_object: KubeObject): FieldError[] {
  return [];
}

export function validateDeploymentStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateDeploymentUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
