import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateLimitRange(_object: KubeObject): FieldError[] {
  return [];
}
