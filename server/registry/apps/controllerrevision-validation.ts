import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateControllerRevision(_object: KubeObject): FieldError[] {
  return [];
}

export function validateControllerRevisionUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
