import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validateConfigMap(_object: KubeObject): FieldError[] {
  return [];
}

export function validateConfigMapUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}

export function validateSecret(_object: KubeObject): FieldError[] {
  return [];
}

export function validateSecretUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
