// Simple JSON paths of plain field names, as definitions give them for scale and for selectable fields.
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';

/** `.spec.replicas` as its field names. */
export function splitPath(path: string): string[] {
  return path.replace(/^\./, '').split('.');
}

/**
 * Sets a field, in place, with what is missing on the way. Returns upstream's words where something on the way is no object
 * (unstructured.SetNestedField).
 */
export function setNested(object: KubeObject, path: string, value: number): string | undefined {
  const fields = splitPath(path);
  const last = fields.pop()!;
  let at = object as JsonObject;
  for (const [i, field] of fields.entries()) {
    at[field] ??= {};
    const below = at[field];
    if (typeof below !== 'object' || below === null || Array.isArray(below))
      return `value cannot be set because .${fields.slice(0, i + 1).join('.')} is not a map[string]interface{}`;
    at = below;
  }
  at[last] = value;
  return undefined;
}
