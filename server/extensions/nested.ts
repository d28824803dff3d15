// Reading and writing what a simple JSON path names, as upstream does for scale (apimachinery pkg/apis/meta/v1/unstructured helpers.go).
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';

/** `.spec.replicas` as its field names. */
export function splitPath(path: string): string[] {
  return path.replace(/^\./, '').split('.');
}

/** How Go prints the type of a value of unstructured JSON (%T). */
function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** Go's %v of such a value. */
function goValue(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([name, field]) => `${name}:${goValue(field)}`).join(' ')}]`;
}

/** A value, nothing where there is none, or upstream's words where something on the way is of another type. */
export type Nested<Value> = { value: Value } | { value: undefined; error?: string };

function nested<Value>(
  object: KubeObject,
  path: readonly string[],
  expected: string,
  fits: (value: unknown) => value is Value,
): Nested<Value> {
  let value: unknown = object;
  for (const [i, field] of path.entries()) {
    if (value === null || value === undefined) return { value: undefined };
    if (typeof value !== 'object' || Array.isArray(value)) return { value: undefined, error: wrongType(path.slice(0, i + 1), value, 'map[string]interface{}') };
    if (!Object.hasOwn(value, field)) return { value: undefined };
    value = (value as JsonObject)[field];
  }
  return fits(value) ? { value } : { value: undefined, error: wrongType(path, value, expected) };
}

function wrongType(path: readonly string[], value: unknown, expected: string): string {
  return `.${path.join('.')} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected ${expected}`;
}

export function nestedInteger(object: KubeObject, path: string): Nested<number> {
  return nested(object, splitPath(path), 'int64', (value): value is number => Number.isInteger(value));
}

export function nestedString(object: KubeObject, path: string): Nested<string> {
  return nested(object, splitPath(path), 'string', (value): value is string => typeof value === 'string');
}

/** Sets a field, in place, with what is missing on the way. Returns upstream's words where something on the way is no object. */
export function setNested(object: KubeObject, path: string, value: number): string | undefined {
  const fields = splitPath(path);
  const last = fields.pop()!;
  let at = object as JsonObject;
  for (const [i, field] of fields.entries()) {
    const below = (at[field] ??= {});
    if (typeof below !== 'object' || below === null || Array.isArray(below))
      return `value cannot be set because .${fields.slice(0, i + 1).join('.')} is not a map[string]interface{}`;
    at = below;
  }
  at[last] = value;
  return undefined;
}
