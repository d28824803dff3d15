import type { KubeObject } from '../../../apimachinery/object.ts';
import type { Fields } from '../fields.ts';

export function podWarnings(_object: KubeObject, _old: KubeObject | undefined): string[] {
  return [];
}

export function podTemplateWarnings(_template: Fields | undefined, _old: Fields | undefined, _path: string): string[] {
  return [];
}
