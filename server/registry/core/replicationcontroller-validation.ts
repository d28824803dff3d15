import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateReplicationController(_object: KubeObject): FieldError[] {
  return [];
}

export function validateReplicationControllerStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
