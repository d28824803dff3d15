import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

export function validatePersistentVolume(_object: KubeObject): FieldError[] {
  return [];
}

export function validatePersistentVolumeUpdate(_object: KubeObject, _old: KubeObject): FieldError[] {
  return [];
}
