// Strategic merge patch (apimachinery/pkg/util/strategicpatch): a merge patch that knows from the schemas which lists to
// merge by key, with directives in the patch: `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…`.
import { dereference, type Type } from '../../schemas/schemas.ts';
import type { Json, JsonObject } from '../object.ts';
import { newBadRequest } from '../status.ts';
import { goKind } from './json-patch.ts';
import { deepCopy, isObject, ownField, setField } from './json-values.ts';
import {
  directiveMarker,
  elementKind,
  goPrint,
  goTypeOf,
  identityOf,
  noMergeKey,
  orderElements,
  partition,
  requiredIdentity,
} from './strategic-lists.ts';
import { listMeta, objectMeta, type PatchMeta } from './strategic-schema.ts';

const retainKeysDirective = '$retainKeys';
const deleteFromPrimitiveList = '$deleteFromPrimitiveList';
const setElementOrder = '$setElementOrder';

/**
 * Merges `patch` into a copy of `document`, which is of `type`. Throws StatusError: 400 for a patch that is malformed or does
 * not suit the schema, 422 for lists of lists.
 */
export function strategicMergePatch(document: JsonObject, patch: Json, type: Type): JsonObject {
  if (!isObject(patch)) {
    throw newBadRequest(`json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`);
  }
  return mergeMap(deepCopy(document), deepCopy(patch), type);
}

/** Merges in place; `original` and `patch` are copies of our own. */
function mergeMap(original: JsonObject, patch: JsonObject, type: Type): JsonObject {
  const directive = ownField(patch, directiveMarker);
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    delete patch[directiveMarker];
    return patch;
  }
  if (directive !== undefined) {
    throw newBadRequest(`unknown patch type: ${goPrint(directive)} in map: ${goPrint(patch)}`);
  }
  applyRetainKeys(original, patch);
  applyElementOrders(original, patch, type);
  for (const [key, value] of Object.entries(patch)) mergeField(original, key, value ?? null, type);
  return original;
}

function mergeField(original: JsonObject, key: string, value: Json, type: Type): void {
  const isDeletion = key.startsWith(deleteFromPrimitiveList);
  const field = isDeletion ? listNamedBy(key, deleteFromPrimitiveList) : key;
  if (value === null) {
    delete original[field];
    return;
  }
  const current = ownField(original, field);
  if (isObject(current) && isObject(value)) {
    const meta = objectMeta(type, field);
    original[field] = meta.strategy === 'replace' ? value : mergeMap(current, value, meta.type);
  } else if (Array.isArray(current) && Array.isArray(value)) {
    original[field] = mergeLists(current, value, listMeta(type, field), isDeletion);
  } else if (!isDeletion) {
    setOrDrop(original, field, withoutDirectives(withoutNulls(value)));
  }
}

function setOrDrop(object: JsonObject, key: string, value: Json | undefined): void {
  if (value === undefined) delete object[key];
  else setField(object, key, value);
}

/** `$setElementOrder/containers` names `containers`. */
function listNamedBy(key: string, directive: string): string {
  if (key.startsWith(`${directive}/`)) return key.slice(directive.length + 1);
  const what = directive === setElementOrder ? 'setElementOrder list' : 'primitive list';
  throw newBadRequest(`invalid patch format of ${what}`);
}

/** `$retainKeys` lists all fields that may remain; what the patch sets must be among them. */
function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  const directive = ownField(patch, retainKeysDirective);
  if (directive === undefined) return;
  delete patch[retainKeysDirective];
  if (!Array.isArray(directive)) throw newBadRequest('invalid patch format of retainKeys');
  const retained = new Set(directive);
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key.startsWith(deleteFromPrimitiveList) || key.startsWith(setElementOrder);
    if (value !== null && !isDirective && !retained.has(key)) {
      throw newBadRequest('invalid patch format of retainKeys');
    }
  }
  for (const key of Object.keys(original)) if (!retained.has(key)) delete original[key];
}

/** Merges every list that a `$setElementOrder` goes with, and takes both out of the patch. */
function applyElementOrders(original: JsonObject, patch: JsonObject, type: Type): void {
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(setElementOrder)) continue;
    const order = asList(patch[key]);
    delete patch[key];
    const field = listNamedBy(key, setElementOrder);
    const current = ownField(original, field);
    const change = ownField(patch, field);
    const meta = listMeta(type, field);
    checkOrder(change === undefined ? [] : asList(change), order, meta.mergeKey);
    if (current === undefined && change === undefined) continue;
    delete patch[field];
    const merged = mergeForOrder(current, change, meta);
    const { inBoth, others } = partition(merged, order, meta.mergeKey);
    original[field] = orderElements(inBoth, others, order, current === undefined ? [] : asList(current), meta.mergeKey);
  }
}

function mergeForOrder(current: Json | undefined, change: Json | undefined, meta: PatchMeta): Json[] {
  if (change === undefined) return asList(current);
  if (current === undefined) return withoutDirectives(change) as Json[];
  return mergeLists(asList(current), asList(change), meta, false);
}

function asList(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value;
  throw newBadRequest(`expected a []interface {}, but received a ${goTypeOf(value)}`);
}

/** The patch's elements must stand in the order that `$setElementOrder` gives, deletions aside. */
function checkOrder(list: Json[], order: Json[], mergeKey: string): void {
  if (list.length === 0 || order.length === 0) return;
  const kept = list.filter((item) => !(isObject(item) && directiveMarker in item));
  let at = 0;
  for (const item of order) {
    if (at === kept.length) break;
    if (requiredIdentity(kept[at]!, mergeKey) === requiredIdentity(item, mergeKey)) at++;
  }
  if (at < kept.length) {
    throw newBadRequest(
      `The order in patch list:\n${goPrint(list)}\n doesn't match $setElementOrder list:\n${goPrint(order)}\n`,
    );
  }
}

function mergeLists(original: Json[], patch: Json[], meta: PatchMeta, isDeletion: boolean): Json[] {
  if (meta.strategy !== 'merge' && !isDeletion) return patch;
  const kind = elementKind(original, patch);
  if (kind === undefined) return original;
  if (kind === 'scalar') {
    if (isDeletion) {
      const deleted = new Set(patch);
      return original.filter((item) => !deleted.has(item));
    }
    const merged = [...new Set([...original, ...patch])];
    const { inBoth, others } = partition(merged, patch, meta.mergeKey);
    return orderElements(inBoth, others, patch, original, meta.mergeKey);
  }
  return mergeObjectLists(original as JsonObject[], patch as JsonObject[], meta);
}

function mergeObjectLists(original: JsonObject[], patch: JsonObject[], meta: PatchMeta): Json[] {
  const { mergeKey } = meta;
  if (mergeKey === '') {
    throw newBadRequest(`cannot merge lists without merge key for ${dereference(meta.type).kind}`);
  }
  const { remaining, changes } = applyElementDirectives(original, patch, mergeKey);
  const merged = [...remaining];
  const places = new Map<Json | undefined, number>();
  merged.forEach((item, i) => {
    const identity = identityOf(item, mergeKey);
    if (identity !== undefined && !places.has(identity)) places.set(identity, i);
  });
  for (const change of changes) {
    const identity = requiredIdentity(change, mergeKey);
    const place = places.get(identity);
    if (place !== undefined) merged[place] = mergeMap(merged[place]!, change, meta.type);
    else {
      if (identity !== undefined) places.set(identity, merged.length);
      merged.push(change);
    }
  }
  const { inBoth, others } = partition(merged, changes, mergeKey);
  return orderElements(inBoth, others, changes, remaining, mergeKey);
}

/** Carries out `$patch: delete` and `$patch: replace` elements; what is left is to be merged. */
function applyElementDirectives(
  original: JsonObject[],
  patch: JsonObject[],
  mergeKey: string,
): { remaining: JsonObject[]; changes: JsonObject[] } {
  const changes: JsonObject[] = [];
  const deleted = new Set<Json | undefined>();
  let replace = false;
  for (const element of patch) {
    const directive = ownField(element, directiveMarker);
    if (directive === undefined) changes.push(element);
    else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw newBadRequest('merging lists cannot yet be specified in the patch');
    else if (directive !== 'delete') {
      throw newBadRequest(`unknown patch type: ${goPrint(directive)} in map: ${goPrint(element)}`);
    } else {
      if (!(mergeKey in element)) throw noMergeKey(element, mergeKey);
      deleted.add(identityOf(element, mergeKey));
    }
  }
  if (replace) return { remaining: changes, changes: [] };
  const remaining = original.filter((item) => {
    const identity = identityOf(item, mergeKey);
    return identity === undefined || !deleted.has(identity);
  });
  return { remaining, changes };
}

/** Nulls in a part of the patch that is new delete nothing and go, on every level. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  for (const [key, item] of Object.entries(value)) {
    if (item === null || item === undefined) delete value[key];
    else value[key] = withoutNulls(item);
  }
  return value;
}

/** A new part of the patch without objects that carry `$patch`; undefined where it is one itself. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, directiveMarker)) return undefined;
  for (const [key, item] of Object.entries(value)) setOrDrop(value, key, withoutDirectives(item ?? null));
  return value;
}
