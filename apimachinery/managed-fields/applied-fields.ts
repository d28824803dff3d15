// The fields that an applied configuration sets, and by that owns (sigs.k8s.io/structured-merge-diff typed/tofieldset.go).
import type { Json, JsonObject } from '../object.ts';
import { emptySet, type FieldSet, nodeOf } from './field-set.ts';
import { elementOfItem } from './list-element.ts';
import type { ListShape, MapShape, MergeType } from './merge-type.ts';
import { asList, asMap, fieldType, isEmptyMap, partOf } from './shape.ts';

/**
 * Every leaf, and every element of a list or a map. Structs, lists and maps that the schema declares are not members themselves, unless
 * they are empty objects. Throws ListElementError for a list that has elements without identity.
 */
export function appliedFields(object: JsonObject, type: MergeType): FieldSet {
  return appliedNode(object, type).below;
}

interface AppliedNode {
  member: boolean;
  below: FieldSet;
}

function appliedNode(value: Json, type: MergeType): AppliedNode {
  const part = partOf(type, value);
  if (part === 'map' && !type.map!.atomic) return { member: false, below: appliedInMap(value, type.map!) };
  if (part === 'list' && type.list!.relationship !== 'atomic')
    return { member: false, below: appliedInList(value, type.list!) };
  return { member: true, below: emptySet };
}

function appliedInMap(value: Json, shape: MapShape): FieldSet {
  const below: FieldSet = {};
  const map = asMap(value) ?? {};
  for (const key in map) {
    const field = map[key];
    if (field === undefined) continue;
    const child = appliedNode(field, fieldType(shape, key));
    const empty = field === null || (typeof field === 'object' && !Array.isArray(field) && isEmptyMap(field));
    const node = nodeOf(child.member || empty || !shape.fields.has(key), child.below);
    if (node !== undefined) below[`f:${key}`] = node;
  }
  return below;
}

function appliedInList(value: Json, shape: ListShape): FieldSet {
  const below: FieldSet = {};
  for (const item of asList(value) ?? []) {
    const element = elementOfItem(shape, item);
    if (element in below) below[element] = emptySet;
    else below[element] = nodeOf(true, appliedNode(item, shape.element).below)!;
  }
  return below;
}
