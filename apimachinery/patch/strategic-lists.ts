// How strategic merge patch merges lists and puts their elements in order (strategicpatch/patch.go: mergeSlice,
// normalizeElementOrder). Elements are told apart by their merge key, or by value in lists of scalars.
import type { Json } from '../object.ts';
import { newBadRequest, StatusError } from '../status.ts';
import { isObject } from './json-values.ts';

export const directiveMarker = '$patch';

/** Go's fmt %v of a JSON value, which is how upstream shows parts of a patch. */
export function goPrint(value: Json | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`;
  if (!isObject(value)) return String(value);
  const fields = Object.keys(value).sort();
  return `map[${fields.map((field) => `${field}:${goPrint(value[field])}`).join(' ')}]`;
}

/** 422 for the two mistakes that upstream answers so. */
export function unprocessable(): StatusError {
  return new StatusError('Invalid', 'the server rejected our request due to an error in our request', {});
}

export function noMergeKey(item: Json, mergeKey: string): StatusError {
  return newBadRequest(`map: ${goPrint(item)} does not contain declared merge key: ${mergeKey}`);
}

function notAMap(item: Json): StatusError {
  return newBadRequest(`expected a map[string]interface {}, but received a ${goTypeOf(item)}`);
}

/** Go's name for the type of a decoded JSON value. */
export function goTypeOf(value: Json | undefined): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** The kind of a list's elements: all alike, and no lists. Undefined where there are none. */
export function elementKind(...lists: Json[][]): 'map' | 'scalar' | undefined {
  let type: string | undefined;
  for (const item of lists.flat(1)) {
    const own = goTypeOf(item);
    if (own === '[]interface {}') throw unprocessable();
    if (type !== undefined && own !== type) {
      throw newBadRequest(`list element types are not identical: ${goPrint(lists)}`);
    }
    type = own;
  }
  if (type === undefined) return undefined;
  return type === 'map[string]interface {}' ? 'map' : 'scalar';
}

/** What identifies an element: the value of its merge key, or itself. Objects and lists identify nothing. */
export function identityOf(item: Json, mergeKey: string): Json | undefined {
  const value = mergeKey === '' ? item : isObject(item) ? item[mergeKey] : undefined;
  return typeof value === 'object' && value !== null ? undefined : value;
}

/** As identityOf, for elements that must be objects with a merge key. Throws StatusError 400. */
export function requiredIdentity(item: Json, mergeKey: string): Json | undefined {
  if (mergeKey === '') return item;
  if (!isObject(item)) throw notAMap(item);
  if (!(mergeKey in item)) throw noMergeKey(item, mergeKey);
  return identityOf(item, mergeKey);
}

/** Where each identity stands first. */
function positions(list: readonly Json[], mergeKey: string): Map<Json | undefined, number> {
  const found = new Map<Json | undefined, number>();
  list.forEach((item, i) => {
    const identity = identityOf(item, mergeKey);
    if (identity !== undefined && !found.has(identity)) found.set(identity, i);
  });
  return found;
}

/** The elements that `by` also has, and the others, each in the order of `list`. */
export function partition(list: Json[], by: readonly Json[], mergeKey: string): { inBoth: Json[]; others: Json[] } {
  const wanted = positions(by, mergeKey);
  const inBoth: Json[] = [];
  const others: Json[] = [];
  for (const item of list) (wanted.has(requiredIdentity(item, mergeKey)) ? inBoth : others).push(item);
  return { inBoth, others };
}

/**
 * Puts `patchItems` in the order of `patchOrder`, `serverOnly` in that of `serverOrder`, and merges the two: a server-only
 * element goes first only where both stand in `serverOrder`, in that order.
 */
export function orderElements(
  patchItems: Json[],
  serverOnly: Json[],
  patchOrder: readonly Json[],
  serverOrder: readonly Json[],
  mergeKey: string,
): Json[] {
  const left = sorted(serverOnly, positions(serverOrder, mergeKey), mergeKey);
  const right = sorted(patchItems, positions(patchOrder, mergeKey), mergeKey);
  const order = positions(serverOrder, mergeKey);
  const result: Json[] = [];
  let i = 0;
  for (const item of right) {
    const at = order.get(identityOf(item, mergeKey));
    while (at !== undefined && i < left.length) {
      const other = order.get(identityOf(left[i]!, mergeKey));
      if (other === undefined || other >= at) break;
      result.push(left[i++]!);
    }
    result.push(item);
  }
  return [...result, ...left.slice(i)];
}

/** A stable sort; elements to be deleted go last, elements without a place stay before what follows them. */
function sorted(list: Json[], order: Map<Json | undefined, number>, mergeKey: string): Json[] {
  const isDeletion = (item: Json): boolean => mergeKey !== '' && isObject(item) && item[directiveMarker] === 'delete';
  const kept = list.filter((item) => !isDeletion(item));
  const place = (item: Json): number => order.get(identityOf(item, mergeKey)) ?? -1;
  return [...kept.sort((a, b) => place(a) - place(b)), ...list.filter(isDeletion)];
}
