// Takes fields out of an object (sigs.k8s.io/structured-merge-diff typed/remove.go).
import type { Json, JsonObject } from '../object.ts';
import { setField } from '../patch/json-values.ts';
import { type FieldSet, isEmptySet, isMember } from './field-set.ts';
import { elementOfItem } from './list-element.ts';
import type { ListShape, MapShape, MergeType } from './merge-type.ts';
import { partOf } from './shape.ts';

/** A new object without the fields of `set`, sharing what is not on the way to one of them. */
export function removeFields(object: JsonObject, set: FieldSet, type: MergeType): JsonObject {
  return (removeFrom(object, set, type) ?? {}) as JsonObject;
}

/** Undefined where all is gone. */
function removeFrom(value: Json, set: FieldSet, type: MergeType): Json | undefined {
  switch (partOf(type, value)) {
    case 'map':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? removeFromMap(value, set, type.map!)
        : undefined;
    case 'list':
      return Array.isArray(value) ? removeFromList(value, set, type.list!) : undefined;
    default:
      return value;
  }
}

/** What is left of a child, whose own node in the set is `node`; undefined where the child itself goes. */
function child(value: Json, node: FieldSet | undefined, type: MergeType | undefined): Json | undefined {
  if (node === undefined) return value;
  if (isMember(node)) return undefined;
  if (isEmptySet(node) || type === undefined) return value;
  return removeFrom(value, node, type) ?? emptied(value);
}

/** An object or list that lost all of its parts is still there. */
function emptied(value: Json): Json {
  if (Array.isArray(value)) return [];
  return typeof value === 'object' && value !== null ? {} : null;
}

function removeFromMap(map: JsonObject, set: FieldSet, shape: MapShape): Json | undefined {
  if (shape.atomic) return undefined;
  const kept: JsonObject = {};
  let any = false;
  let descended = false;
  for (const key of Object.keys(map)) {
    const node = set[`f:${key}`];
    const rest = child(map[key]!, node, shape.fields.get(key)?.type ?? shape.element);
    if (node !== undefined && !isMember(node)) descended = true;
    if (rest === undefined) continue;
    any = true;
    setField(kept, key, rest);
  }
  return any || descended ? kept : undefined;
}

function removeFromList(list: Json[], set: FieldSet, shape: ListShape): Json | undefined {
  if (shape.relationship === 'atomic') return undefined;
  const kept: Json[] = [];
  let descended = false;
  for (const item of list) {
    const node = set[elementOfItem(shape, item)];
    const rest = child(item, node, shape.element);
    if (node !== undefined && !isMember(node)) descended = true;
    if (rest !== undefined) kept.push(rest);
  }
  return kept.length > 0 || descended ? kept : undefined;
}
