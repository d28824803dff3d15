import type { KubeObject } from '../../../apimachinery/object.ts';

export function secretWarnings(_object: KubeObject, _old: KubeObject | undefined): string[] {
  return [];
}
