import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function nodeWarnings(_object: KubeObject, _old: KubeObject | undefined): string[] {
  return [];
}

export function validateNode(_object: KubeObject): FieldError[] {
  return [];
}

export function validateNodeUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
