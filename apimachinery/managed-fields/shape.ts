// Which part of a MergeType a value goes by (deduceAtom and handleAtom in sigs.k8s.io/structured-merge-diff typed/helpers.go).
import type { Json, JsonObject } from '../object.ts';
import { isObject } from '../patch/json-values.ts';
import type { MapShape, MergeType } from './merge-type.ts';

export type Part = 'list' | 'map' | 'scalar';

/** The part that fits the value's own kind; where there is none, and for null, the first that the type has. */
export function partOf(type: MergeType, value: Json): Part {
  if (value !== null) {
    const own: Part = typeof value !== 'object' ? 'scalar' : Array.isArray(value) ? 'list' : 'map';
    if (type[own] !== undefined) return own;
  }
  if (type.map !== undefined) return 'map';
  return type.scalar === undefined ? 'list' : 'scalar';
}

/** The value as a list; undefined for null and for what is none. */
export function asList(value: Json | undefined): Json[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** The value as an object; undefined for null and for what is none. */
export function asMap(value: Json | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** Without entries, null, or no list at all. */
export function isEmptyList(value: Json | undefined): boolean {
  return !Array.isArray(value) || value.length === 0;
}

/** Without fields, null, or no object at all. */
export function isEmptyMap(value: Json | undefined): boolean {
  if (!isObject(value)) return true;
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}

const unknownField: MergeType = { scalar: 'untyped' };

/** The type of a field; what the schema does not know is one value. */
export function fieldType(shape: MapShape, key: string): MergeType {
  return shape.fields.get(key)?.type ?? shape.element ?? unknownField;
}
