// How the code of the kinds reaches into objects, and the few comparisons every strategy needs.
import type { KubeObject } from '../../apimachinery/object.ts';
import { type RequestContext, statusSubresource } from './descriptor.ts';

/** The fields of an API type: known to its schema, not to the type system. Absent and null mean the same. */
export interface Fields {
  // biome-ignore lint/suspicious/noExplicitAny: see above; every use checks or defaults what it reads.
  [field: string]: any;
}

/** `object[field]`, made an empty object first where it is missing. */
export function ensure(object: Fields, field: string): Fields {
  const present = object[field];
  if (present !== undefined && present !== null) return present as Fields;
  const made: Fields = {};
  object[field] = made;
  return made;
}

/** Sets `object[field]` where the client left it out (nil in Go; '' and 0 count as given). */
export function defaultTo(object: Fields, field: string, value: unknown): void {
  if (object[field] === undefined || object[field] === null) object[field] = value;
}

/** Sets `object[field]` where it has its type's zero value: missing, '' or 0. */
export function defaultZero(object: Fields, field: string, value: unknown): void {
  const present = object[field];
  if (present === undefined || present === null || present === '' || present === 0) object[field] = value;
}

/** The list, or an empty one. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const field in value) {
    const part = (value as Fields)[field];
    if (part === '' || !isEmpty(part)) return false;
  }
  return true;
}

/**
 * apiequality.Semantic.DeepEqual on JSON: nil and empty lists and maps are the same, and so are a field left out and its
 * zero value; but an entry of a map counts, even an empty one.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmpty(a) && isEmpty(b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return listsEqual(a, b);
  return fieldsEqual(a as Fields, b as Fields);
}

function listsEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!semanticEqual(a[i], b[i])) return false;
  return true;
}

function fieldsEqual(a: Fields, b: Fields): boolean {
  for (const field in a) if (!(field in b ? semanticEqual(a[field], b[field]) : isLeftOut(a, b, field))) return false;
  for (const field in b) if (!(field in a) && !isLeftOut(b, a, field)) return false;
  return true;
}

/** Whether `field`, which only `a` has, stands for nothing. Where all values are strings it is an entry of a map: it counts. */
function isLeftOut(a: Fields, b: Fields, field: string): boolean {
  return isEmpty(a[field]) && !(isMap(a) && isMap(b));
}

function isMap(object: Fields): boolean {
  for (const key in object) if (typeof object[key] !== 'string') return false;
  return true;
}

const ordinaryStatus = statusSubresource();

/** What an ordinary `/status` write does before anything else: everything but status and metadata comes from `old`. */
export function keepAllButStatus(object: KubeObject, old: KubeObject, context: RequestContext): void {
  ordinaryStatus.prepareForUpdate!(object, old, context);
}
