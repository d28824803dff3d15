import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateJobStatusUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
