// RFC 7386 as upstream applies it (gopkg.in/evanphx/json-patch.v4 MergePatch).
import type { Json, JsonObject } from '../object.ts';
import { newBadRequest } from '../status.ts';
import { deepCopy, isObject, ownField, setField } from './json-values.ts';

/** Merges `patch` into a copy of `document`. Throws StatusError 400 where the patch is not an object. */
export function mergePatch(document: JsonObject, patch: Json): JsonObject {
  if (!isObject(patch)) throw newBadRequest('Invalid JSON Patch');
  return merged(document, patch);
}

function merged(document: JsonObject, patch: JsonObject): JsonObject {
  const result = { ...document };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete result[key];
    else setField(result, key, mergedValue(ownField(document, key), value));
  }
  return result;
}

function mergedValue(current: Json | undefined, value: Json): Json {
  // Upstream takes a list as it is where an object stood, and cleans it of nulls in its objects everywhere else.
  if (!isObject(current)) return withoutNulls(value);
  return isObject(value) ? merged(current, value) : deepCopy(value);
}

/** Drops null fields of objects, also of those in lists; nulls in lists stay. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== null && item !== undefined) setField(result, key, withoutNulls(item));
  }
  return result;
}
