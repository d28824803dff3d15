// Why the outcome of a strategic merge patch is not of its kind, in the words of upstream's converter from maps to structs
// (apimachinery/pkg/runtime/converter.go): strategic patches never become JSON text again, so Go's JSON decoder has no say.

import { dereference, type Type } from '../../schemas/schemas.ts';
import { treeOf } from '../decode/json-tree.ts';
import { specialError } from '../decode/walker.ts';
import type { Json } from '../object.ts';
import { isObject } from './json-values.ts';
import { goTypeOf } from './strategic-lists.ts';

/** The first error in the order of Go's fields; undefined where there is none that upstream's converter sees. */
export function conversionError(value: Json | undefined, type: Type): string | undefined {
  if (value === null || value === undefined) return undefined;
  const target = dereference(type);
  switch (target.kind) {
    case 'special':
      return specialError(treeOf(value), target.special);
    case 'struct':
      if (!isObject(value)) return `cannot restore struct from: ${goKindOf(value)}`;
      return firstError([...target.definition.fields.values()], (field) =>
        conversionError(value[field.name], field.type),
      );
    case 'map':
      if (!isObject(value)) return `cannot restore map from ${goKindOf(value)}`;
      return firstError(Object.values(value), (item) => conversionError(item, target.element));
    case 'slice':
      if (!Array.isArray(value)) return `cannot restore slice from ${goKindOf(value)}`;
      return firstError(value, (item) => conversionError(item, target.element));
    case 'bytes':
      return typeof value === 'string' || Array.isArray(value)
        ? undefined
        : `cannot restore slice from ${goKindOf(value)}`;
    case 'pointer':
      return conversionError(value, target.element);
    default:
      return scalarError(value, target.kind, target.goName);
  }
}

function firstError<Item>(items: readonly Item[], check: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const error = check(item);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** Go's reflect.Kind of a decoded JSON value. */
function goKindOf(value: Json): string {
  if (Array.isArray(value)) return 'slice';
  return isObject(value) ? 'map' : goTypeOf(value);
}

function scalarError(value: Json, kind: string, goName: string): string | undefined {
  if (kind === 'string') {
    if (typeof value === 'string') return undefined;
    // Go can turn an integer into a string (as a character), which the converter does not want.
    if (typeof value === 'number' && Number.isInteger(value)) return `cannot convert int64 to ${goName}`;
  } else if (kind === 'bool') {
    if (typeof value === 'boolean') return undefined;
  } else if (typeof value === 'number') {
    if (kind === 'float64' || Number.isInteger(value)) return undefined;
    return `cannot convert float64 to ${goName}`;
  }
  return `unrecognized type: ${kind}`;
}
